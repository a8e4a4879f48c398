"""Static files under names that carry their content's digest, modules that import each other included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):
    """`import "./x.js"` is rewritten too, so a module never loads another's old version."""

    support_js_module_import_aggregation = True
