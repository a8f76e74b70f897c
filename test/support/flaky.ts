import { z } from "zod"

/** A file of tests that may pass in the second try only, for a known reason and a limited time. */
const flakyList = z.array(
	z.object({
		file: z.string().regex(/^test\/\S+\.test\.ts$/, "expected a path such as test/integration/NAME.test.ts"),
		reason: z.string().min(20, "expected the reason, in a sentence"),
		since: z.iso.date(),
	}),
)

/** The longest time that a file stays on the list. */
const DAYS = 60

/**
 * Reads test/flaky.json.
 *
 * @throws Error naming the first entry that is malformed, or older than 60 days
 */
export function parseFlaky(json: string, now: Date): ReadonlySet<string> {
	const list = flakyList.parse(JSON.parse(json))
	const expired = list.find(({ since }) => now.getTime() - Date.parse(since) > DAYS * 86_400_000)
	if (expired)
		throw new Error(
			`test/flaky.json: ${expired.file} is listed since ${expired.since}; repair it, ${DAYS} days are over`,
		)
	return new Set(list.map(({ file }) => file))
}

/** Of the files that passed in the second try only, those that fail the run, and those that are listed. */
export function judgeFlaky(files: readonly string[], listed: ReadonlySet<string>) {
	return { failing: files.filter((file) => !listed.has(file)), tolerated: files.filter((file) => listed.has(file)) }
}
