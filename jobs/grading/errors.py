"""Why a model is not used. Both carry a sentence for the person who registers models."""

from backend.core.errors import Invalid


class ModelRefused(Invalid):
    """The folder is no model of ours: a file is missing, hostile or not what the pipeline can run."""

    code, title = "model_refused", "The model cannot be used"


class ModelHashMismatch(ModelRefused):
    """A file is not the one whose sha256 the model's metadata names."""

    code, title = "model_hash_mismatch", "The model's files are not the ones it was published with"
