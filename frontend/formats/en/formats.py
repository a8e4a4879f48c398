"""Day before month, as `when` has it: one page must not say it in two ways."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y H:i"
