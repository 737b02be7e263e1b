"""What is tried, and on what: datasets, pairs and footage; pictures into templates; trials into results."""

from overt.evaluation.protocols.cache import TemplateCache, cache_folder
from overt.evaluation.protocols.dataset import MANIFEST_COLUMNS, Dataset, Role, Sample, read_dataset
from overt.evaluation.protocols.identification import (
    GROUP_FPIR,
    Outcome,
    group_columns,
    identify,
    refuse_overlap,
    score_trials,
    search_trials,
)
from overt.evaluation.protocols.occlusion import OCCLUSIONS, OcclusionKind, draw_occlusion
from overt.evaluation.protocols.pairs import PAIR_COLUMNS, Pair, PairsFile, read_pairs
from overt.evaluation.protocols.passages import (
    PASSAGE_COLUMNS,
    Film,
    Passage,
    is_passages_file,
    read_passages,
    recognise_passages,
    write_passages,
)
from overt.evaluation.protocols.preparation import (
    Code,
    PackName,
    Padding,
    Preparation,
    code_version,
    pack_name,
)
from overt.evaluation.protocols.results import (
    DataName,
    IdentificationResult,
    MatchRate,
    PassageResult,
    Plain,
    Provenance,
    Result,
    VerificationResult,
    WorstCase,
    to_json,
)
from overt.evaluation.protocols.templates import Templates, face_meant, make_templates
from overt.evaluation.protocols.trials import FPIRS, Plan, Trials, data_name, make_trials
from overt.evaluation.protocols.verification import FMRS, verify

__all__ = [
    "FMRS",
    "FPIRS",
    "GROUP_FPIR",
    "MANIFEST_COLUMNS",
    "OCCLUSIONS",
    "PAIR_COLUMNS",
    "PASSAGE_COLUMNS",
    "Code",
    "DataName",
    "Dataset",
    "Film",
    "IdentificationResult",
    "MatchRate",
    "OcclusionKind",
    "Outcome",
    "PackName",
    "Padding",
    "Pair",
    "PairsFile",
    "Passage",
    "PassageResult",
    "Plain",
    "Plan",
    "Preparation",
    "Provenance",
    "Result",
    "Role",
    "Sample",
    "TemplateCache",
    "Templates",
    "Trials",
    "VerificationResult",
    "WorstCase",
    "cache_folder",
    "code_version",
    "data_name",
    "draw_occlusion",
    "face_meant",
    "group_columns",
    "identify",
    "is_passages_file",
    "make_templates",
    "make_trials",
    "pack_name",
    "read_dataset",
    "read_pairs",
    "read_passages",
    "recognise_passages",
    "refuse_overlap",
    "score_trials",
    "search_trials",
    "to_json",
    "verify",
    "write_passages",
]
