"""confluent-kafka, at the word of tests/clients/driver.py."""

import json
import sys
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, KafkaException, Message, Producer


def connection(to: dict[str, Any]) -> dict[str, Any]:
    login = {
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
        "sasl.username": to["user"], "sasl.password": to["password"],
    }  # fmt: skip
    return {"bootstrap.servers": to["brokers"]} | (login if to["user"] else {})


def send(asked: dict[str, Any]) -> dict[str, Any]:
    options = connection(asked["to"]) | {"compression.type": asked["codec"]}
    if asked["transaction"]:
        options["transactional.id"] = f"confluent-{uuid4()}"
    producer, taken = Producer(options), list[Message]()
    if asked["transaction"]:
        producer.init_transactions(30)
        producer.begin_transaction()
    place = {} if asked["partition"] is None else {"partition": asked["partition"]}
    producer.produce(
        asked["topic"], asked["value"], asked["key"], headers=asked["headers"],
        on_delivery=lambda _, message: taken.append(message), **place,
    )  # fmt: skip
    producer.flush(30)
    if asked["transaction"] == "commit":
        producer.commit_transaction(30)
    elif asked["transaction"]:
        producer.abort_transaction(30)
    (message,) = taken
    if error := message.error():
        return {"error": error.str()}
    return {"partition": message.partition(), "offset": message.offset()}


def follow(asked: dict[str, Any]) -> dict[str, Any]:
    own = {"group.id": asked["group"], "auto.offset.reset": "earliest"}
    consumer, seen = Consumer(connection(asked["to"]) | own), list[dict[str, Any]]()
    consumer.subscribe([asked["topic"]])
    try:
        while not seen or seen[-1].get(asked["field"]) not in asked["until"]:
            message = consumer.poll(0.2)
            if message is None or message.error() or message.key() != asked["key"].encode():
                continue
            seen.append(json.loads(message.value() or b"{}"))
    finally:
        consumer.close()
    return {"seen": seen}


for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = send(given) if given["do"] == "send" else follow(given)
    except KafkaException as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
