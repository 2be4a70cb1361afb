import subprocess
import sys

import pytest

from libs.common.errors import Code, FileError
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.sources import Sources

CHECK = """
import sys
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.sources import Sources
Sources(ANYWHERE).of(b"/photos/a.jpg")
print(sorted({"obstore", "pyarrow", "httpcore"} & set(sys.modules)))
"""


def test_files_of_this_machine_load_nothing_that_only_others_need() -> None:
    run = subprocess.run(
        [sys.executable, "-c", CHECK], capture_output=True, text=True, check=True, timeout=120
    )
    assert run.stdout.strip() == "[]"


def test_a_scheme_without_a_source_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(FileError, match="s3://") as refused:
        Sources(ANYWHERE).of(b"ftp://host/a.jpg")
    assert refused.value.code is Code.NOT_A_REGULAR_FILE
