"""The study file: schema, reading and writing."""

from gmplug.study.files import load_study, parse_study, write_study
from gmplug.study.schema import Study
