// The main path by the types that openapi-typescript makes: node main.js GATEWAY FOLDER COLLECTION
import createClient from "openapi-fetch";
import type { paths } from "./made";

async function main(gateway: string, folder: string, name: string): Promise<void> {
  const { GET, POST } = createClient<paths>({ baseUrl: gateway });
  await POST("/api/v1/collections", { body: { collection_name: name } });
  const { error } = await POST("/api/v1/collections", { body: { collection_name: name } });
  await POST("/api/v1/collections/select", { body: { collection_name: name } });
  const job = (await POST("/api/v1/ingest", { body: { directory_path: folder, collection: name } })).data!;
  const follow = () =>
    GET("/api/v1/ingest/status/{job_id}", { params: { path: { job_id: job.job_id }, query: { wait: 10 } } });
  let status = (await follow()).data!;
  while (!["completed", "failed", "cancelled"].includes(status.state)) status = (await follow()).data!;
  const hits = (await POST("/api/v1/search", { body: { collection: name, query: "red" } })).data!;
  const copies = (await GET("/api/v1/duplicates/exact")).data!;
  console.log(error!.code, status.state, status.counts.stored, hits.results[0]!.payload["filename"], copies.groups.length);
}

const [gateway, folder, name] = process.argv.slice(2);
main(gateway!, folder!, name!);
