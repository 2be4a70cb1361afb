"""The table of docs/ingest-topic.md: which client was tried with what."""

CLIENTS = ("confluent-kafka", "FastStream", "kafkajs", "franz-go", "kafka-clients")
CODECS = {
    "confluent-kafka": ("gzip", "snappy", "lz4", "zstd"),
    "FastStream": ("gzip", "snappy", "lz4", "zstd"),
    "kafkajs": ("gzip",),
    "franz-go": ("gzip", "snappy", "lz4", "zstd"),
    "kafka-clients": ("gzip", "snappy", "lz4", "zstd"),
}
"""Those that each has as it is installed here."""
WITHOUT_TRANSACTIONS = ("FastStream",)

ROWS = {
    "becomes a job": "test_a_request_becomes_a_job_that_is_followed_to_its_end",
    "last state": "test_the_last_state_is_read_from_jobs",
    "names the job": "test_without_key_and_id_the_record_names_the_job",
    "aborted": "test_an_aborted_request_is_no_job_and_a_committed_one_is",
    "bad record": "test_headers_of_a_bad_record_change_no_job",
    "refused": "test_the_sender_of_a_refused_request_reads_why",
    "`null`": "test_null_is_the_default_of_a_field",
    "compressed": "test_requests_are_read_in_each_codec_that_the_client_has",
    "`traceparent`": "test_trace_headers_go_along_to_another_partition",
    "by password": "test_the_documented_rights_are_all_that_it_needs",
}
"""Words of each row, in the table's order, and the test that shows it."""


def cell(words: str, client: str) -> str:
    """What the table says there."""
    if words == "compressed":
        return ", ".join(CODECS[client])
    return "no transactions" if words == "aborted" and client in WITHOUT_TRANSACTIONS else "yes"
