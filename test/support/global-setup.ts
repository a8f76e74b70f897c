import type { TestProject } from "vitest/node"
import { startPostgres } from "./postgres.ts"
import { makeTemplate } from "./template-database.ts"

declare module "vitest" {
	interface ProvidedContext {
		/** A superuser's connection string to the PostgreSQL that all integration tests share. */
		postgresUrl: string
	}
}

/** One PostgreSQL for the whole integration run; each test file makes a database of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const postgres = await startPostgres()
	await makeTemplate(postgres.url())
	project.provide("postgresUrl", postgres.url())
	return () => postgres.remove()
}
