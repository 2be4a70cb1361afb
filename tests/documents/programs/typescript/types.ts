// What a program in TypeScript may write against the types that openapi-typescript makes.
import type { components, paths } from "./made";

type Request = components["schemas"]["IngestRequest"];
const request: Partial<Request> & { directory_path: string } = { directory_path: "/photos", labels: { order: "7" } };

type Status = paths["/api/v1/ingest/status/{job_id}"]["get"]["responses"]["200"]["content"]["application/json"];
export function stored(status: Status): number {
  return status.counts.stored + (request.directory_path.length > 0 ? 0 : 1);
}
