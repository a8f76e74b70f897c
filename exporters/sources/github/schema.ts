import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"

/** A workflow run, with the fields in use. Times are milliseconds since the epoch. */
export interface Run {
	readonly id: number
	/** The workflow's file, see `workflowOf`. */
	readonly workflow: string
	readonly status: string
	readonly conclusion: string | null
	readonly attempt: number
	readonly startedAt: number
	readonly updatedAt: number
}

const time = z.iso.datetime({ offset: true })

const run = z
	.object({
		id: z.int().positive(),
		name: z.string().nullish(),
		path: z.string(),
		status: z.string().nullable(),
		conclusion: z.string().nullable(),
		run_attempt: z.int().positive().optional(),
		run_started_at: time.nullish(),
		created_at: time,
		updated_at: time,
	})
	.transform(
		(raw): Run => ({
			id: raw.id,
			workflow: workflowOf(raw.path) || raw.name || "unnamed",
			status: raw.status ?? "queued",
			conclusion: raw.conclusion,
			attempt: raw.run_attempt ?? 1,
			startedAt: Date.parse(raw.run_started_at ?? raw.created_at),
			updatedAt: Date.parse(raw.updated_at),
		}),
	)

const runs = z.object({ total_count: z.int().nonnegative(), workflow_runs: z.array(run) })

const jobs = z.object({
	jobs: z.array(z.object({ conclusion: z.string().nullish(), started_at: time.nullish() })),
})

/** The answers that are read, and what they are in words. */
export const ANSWERS = {
	runs: { schema: runs, what: "a list of workflow runs" },
	run: { schema: run, what: "a workflow run" },
	jobs: { schema: jobs, what: "a list of jobs" },
}

/**
 * The name of a workflow's file without its ending, such as `nightly` of `.github/workflows/nightly.yml`: a workflow keeps
 * it, while its name and those of its runs are free text.
 */
export const workflowOf = (path: string): string =>
	path
		.replace(/@.*$/, "")
		.replace(/^\.github\/workflows\//, "")
		.replace(/\.ya?ml$/, "")

/**
 * GitHub's answer in the form that we use.
 *
 * @throws ObservatoryError `source_malformed`, with what came instead
 */
export function readAnswer<T>(data: unknown, { schema, what }: { schema: z.ZodType<T>; what: string }): T {
	const parsed = schema.safeParse(data)
	if (parsed.success) return parsed.data
	const [issue] = parsed.error.issues
	const instead =
		typeof data === "string"
			? textOf(data)
			: `JSON that is not one (${[issue?.path.join("."), issue?.message].filter(Boolean).join(": ")})`
	throw new ObservatoryError("source_malformed", `GitHub's API answered with ${instead} instead of ${what}`, {
		advice:
			"Look for a proxy or a login page between; GITHUB_API_URL is https://HOST/api/v3 for a GitHub Enterprise Server.",
	})
}

/** Beginning of a text of others, for a message. */
export function excerpt(text: string): string {
	const line = text.trim().replace(/\s+/g, " ")
	if (line.startsWith("<")) return `a web page of ${text.length} characters`
	return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line
}

const LONGEST_EXCERPT = 200

const textOf = (text: string): string =>
	text.trimStart().startsWith("<") ? "a web page" : "text that is no JSON, or JSON that was cut off"
