import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { z } from "zod"
import { parseDuration } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { type ApprovalRules, approvalsSchema } from "../domain/approvals.ts"

/** All rules must fit into the file that the hook reads. */
const MOST_BYTES = 20_000

const rulesFile = z.strictObject({
	wait: z.string().default("5m"),
	rules: approvalsSchema.shape.rules,
})

/** Reads the file of rules for calls that need a person, YAML or JSON. @throws ObservatoryError naming every problem */
export function readApprovalRules(path: string): ApprovalRules {
	let content: unknown
	try {
		content = parse(readFileSync(path, "utf8"))
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, {
			advice: "APPROVAL_RULES names it; without the variable no call needs a person.",
			cause: error,
		})
	}
	const file = rulesFile.safeParse(content)
	if (!file.success)
		throw invalid(
			path,
			file.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`),
		)
	const { wait, rules } = file.data
	const waitMs = parseDuration(wait)
	if (waitMs === undefined || waitMs < 5_000 || waitMs > 540_000)
		throw invalid(path, [`wait: expected 5s to 9m, not "${wait}"`])
	if (JSON.stringify(rules).length > MOST_BYTES) throw invalid(path, [`the rules are longer than ${MOST_BYTES} bytes`])
	return { waitS: Math.round(waitMs / 1000), rules }
}

const invalid = (path: string, problems: readonly string[]) =>
	new ObservatoryError("config_invalid", `${path}: ${problems.join("; ")}`, {
		advice: "docs/approvals.md describes it.",
	})
