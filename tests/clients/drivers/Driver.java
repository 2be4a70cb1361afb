// Kafka's own client, at the word of tests/clients/driver.py.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

class Driver {
  static final ObjectMapper JSON = new ObjectMapper();

  static Map<String, Object> connection(JsonNode to) {
    var options = new HashMap<String, Object>(Map.of("bootstrap.servers", to.get("brokers").asText()));
    if (to.get("user").asText().isEmpty()) return options;
    options.put("security.protocol", "SASL_PLAINTEXT");
    options.put("sasl.mechanism", "PLAIN");
    options.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\";"
            .formatted(to.get("user").asText(), to.get("password").asText()));
    return options;
  }

  static Object send(JsonNode asked) throws Exception {
    var options = connection(asked.get("to"));
    var transaction = asked.get("transaction").asText();
    options.put("compression.type", asked.get("codec").asText());
    if (!transaction.isEmpty()) options.put("transactional.id", "java-" + UUID.randomUUID());
    var partition = asked.get("partition").isNull() ? null : asked.get("partition").asInt();
    var key = asked.get("key").isNull() ? null : asked.get("key").asText();
    var record = new ProducerRecord<>(asked.get("topic").asText(), partition, key, asked.get("value").asText());
    asked.get("headers").fields()
        .forEachRemaining(each -> record.headers().add(each.getKey(), each.getValue().asText().getBytes()));
    try (var producer = new KafkaProducer<>(options, new StringSerializer(), new StringSerializer())) {
      if (!transaction.isEmpty()) {
        producer.initTransactions();
        producer.beginTransaction();
      }
      var taken = producer.send(record).get();
      if (transaction.equals("commit")) producer.commitTransaction();
      else if (!transaction.isEmpty()) producer.abortTransaction();
      return Map.of("partition", taken.partition(), "offset", taken.offset());
    }
  }

  static Object follow(JsonNode asked) throws Exception {
    var options = connection(asked.get("to"));
    options.put("group.id", asked.get("group").asText());
    options.put("auto.offset.reset", "earliest");
    var until = JSON.convertValue(asked.get("until"), List.class);
    var seen = new ArrayList<JsonNode>();
    try (var consumer = new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(asked.get("topic").asText()));
      while (true) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          if (!asked.get("key").asText().equals(record.key())) continue;
          seen.add(JSON.readTree(record.value() == null ? "{}" : record.value()));
          if (until.contains(seen.get(seen.size() - 1).path(asked.get("field").asText()).asText()))
            return Map.of("seen", seen);
        }
      }
    }
  }

  public static void main(String[] args) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      var asked = JSON.readTree(line);
      Object answer;
      try {
        answer = asked.get("do").asText().equals("send") ? send(asked) : follow(asked);
      } catch (Exception error) {
        answer = Map.of("error", String.valueOf(error.getCause() == null ? error : error.getCause()));
      }
      System.out.println(JSON.writeValueAsString(answer));
    }
  }
}
