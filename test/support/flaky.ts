import { z } from "zod"

/** A file of tests that may pass in the second try only, for a known reason and a limited time. */
const flakyList = z.array(
	z.object({
		file: z.string().regex(/^test\/\S+\.test\.ts$/, "expected a path such as test/integration/NAME.test.ts"),
		reason: z.string().min(20, "expected the reason, in a sentence"),
		since: z.iso.date(),
	}),
)

export type Flaky = z.output<typeof flakyList>[number]

/** The longest time that a file stays on the list. */
const DAYS = 60
const DAY_MS = 86_400_000

/** The last day of an entry, as in 2026-12-31. */
const until = ({ since }: Flaky) => new Date(Date.parse(since) + DAYS * DAY_MS).toISOString().slice(0, 10)

const hasExpired = ({ since }: Flaky, now: Date) => now.getTime() - Date.parse(since) > DAYS * DAY_MS

/**
 * Reads test/flaky.json.
 *
 * @param exists whether there is a file of this path
 * @throws Error naming every entry that is malformed, older than 60 days, of a file that does not exist, or repeated
 */
export function parseFlaky(json: string, now: Date, exists: (file: string) => boolean): readonly Flaky[] {
	const parsed = flakyList.safeParse(JSON.parse(json))
	if (!parsed.success) throw new Error(`test/flaky.json:\n${z.prettifyError(parsed.error)}`)
	const list = parsed.data
	const problems = list.flatMap((entry, i) => [
		...(hasExpired(entry, now)
			? [`${entry.file} is listed since ${entry.since}; repair it, ${DAYS} days have passed`]
			: []),
		...(exists(entry.file) ? [] : [`there is no file ${entry.file}; remove its entry`]),
		...(list.findIndex(({ file }) => file === entry.file) < i ? [`${entry.file} is listed twice`] : []),
	])
	if (problems.length > 0) throw new Error(problems.map((problem) => `test/flaky.json: ${problem}`).join("\n"))
	return list
}

/** The list as CI prints it, one line for each file, with the reason and both dates. */
export const describeFlaky = (list: readonly Flaky[]): string =>
	list.length === 0
		? "flaky: test/flaky.json lists no file"
		: list
				.map((entry) => `flaky: ${entry.file}, listed from ${entry.since} until ${until(entry)}: ${entry.reason}`)
				.join("\n")

/** Of the files that passed in the second try only, those that fail the run, and those that are listed. */
export function sortFlaky(files: readonly string[], list: readonly Flaky[]) {
	const listed = new Set(list.map(({ file }) => file))
	return { failing: files.filter((file) => !listed.has(file)), tolerated: files.filter((file) => listed.has(file)) }
}
