"""The report says what went wrong in each long time without an outcome."""

from collections import Counter

from libs.common.events import Accepted, Finished
from tests.chaos.faults import Happened
from tests.chaos.report import lines
from tests.chaos.truth import JobTruth, Truth

END = Finished(job_id="j", state="completed", total=3, stored=3, from_cache=0, failed=0, skipped=0, ignored=0)


def test_it_names_the_faults_of_a_stall() -> None:
    job = JobTruth()
    job.fold(Accepted(job_id="j", collection="one", partition=0, offset=0), 1000.0)
    job.fold(END, 1050.0)
    truth = Truth({"j": job}, [1001.0, 1002.0, 1040.0], {}, [], {})
    happened = [
        Happened("kill", "scanner r0", 980.0),
        Happened("broker", "killed", 1012.0),
        Happened("ml", "slow", 1045.0),
    ]
    (stall,) = [line for line in lines(happened, truth, 0, Counter()) if "faults, by the second" in line]
    assert stall == "  38.0 s without an outcome; faults, by the second of it: +10 broker killed"
