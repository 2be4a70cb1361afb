// The main path by the client that oapi-codegen makes: main GATEWAY FOLDER COLLECTION
package main

import (
	"context"
	"fmt"
	"os"

	"example/made/sluice"
)

func main() {
	ctx, folder, name := context.Background(), os.Args[2], os.Args[3]
	client := must(sluice.NewClientWithResponses(os.Args[1]))
	must(client.CollectionsCreateWithResponse(ctx, sluice.Creation{CollectionName: name}))
	refused := must(client.CollectionsCreateWithResponse(ctx, sluice.Creation{CollectionName: name}))
	must(client.CollectionsSelectWithResponse(ctx, sluice.CollectionsSelectJSONRequestBody{CollectionName: name}))
	job := must(client.IngestionStartWithResponse(ctx, nil, sluice.IngestRequest{
		DirectoryPath: &folder, Collection: &name,
	})).JSON202

	wait, query := float32(10), "red"
	var status *sluice.StatusOut
	for status == nil || (status.State != "completed" && status.State != "failed" && status.State != "cancelled") {
		params := &sluice.IngestionStatusParams{Wait: &wait}
		status = must(client.IngestionStatusWithResponse(ctx, job.JobId, params)).JSON200
	}
	hits := must(client.SearchByTextWithResponse(ctx, sluice.SearchQuery{Collection: &name, Query: &query})).JSON200
	copies := must(client.DuplicatesExactWithResponse(ctx, nil)).JSON200
	fmt.Println(
		refused.ApplicationproblemJSON409.Code, status.State, status.Counts.Stored,
		hits.Results[0].Payload["filename"], len(copies.Groups),
	)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
