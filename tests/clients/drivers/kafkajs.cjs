// kafkajs, at the word of tests/clients/driver.py; gzip is the one codec that it comes with.
const { CompressionTypes, Kafka, logLevel } = require("kafkajs");
const { randomUUID } = require("crypto");
const lines = require("readline").createInterface({ input: process.stdin });

function connect({ brokers, user, password }) {
  const sasl = user ? { mechanism: "plain", username: user, password } : undefined;
  return new Kafka({ brokers: [brokers], sasl, logLevel: logLevel.NOTHING });
}

async function send({ to, topic, key, value, headers, partition, codec, transaction }) {
  const whole = { transactionalId: `kafkajs-${randomUUID()}`, idempotent: true, maxInFlightRequests: 1 };
  const producer = connect(to).producer(transaction ? whole : {});
  await producer.connect();
  const under = transaction ? await producer.transaction() : producer;
  const compression = codec === "gzip" ? CompressionTypes.GZIP : CompressionTypes.None;
  const message = { key, value, headers, partition: partition ?? undefined };
  const [taken] = await under.send({ topic, compression, messages: [message] });
  if (transaction) await (transaction === "commit" ? under.commit() : under.abort());
  await producer.disconnect();
  return { partition: taken.partition, offset: Number(taken.baseOffset) };
}

async function follow({ to, topic, group, key, field, until }) {
  const consumer = connect(to).consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const seen = [];
  await new Promise((done) =>
    consumer.run({
      eachMessage: async ({ message }) => {
        if (String(message.key) !== key || until.includes(seen.at(-1)?.[field])) return;
        seen.push(JSON.parse(message.value ?? "{}"));
        if (until.includes(seen.at(-1)[field])) done();
      },
    }),
  );
  await consumer.disconnect();
  return { seen };
}

(async () => {
  for await (const line of lines) {
    const given = JSON.parse(line);
    const answer = await (given.do === "send" ? send(given) : follow(given)).catch((error) => ({ error: String(error) }));
    console.log(JSON.stringify(answer));
  }
})();
