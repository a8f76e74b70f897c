import { readFileSync } from "node:fs"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../core/lib/errors.ts"

const serverSchema = z.union(
	[
		z.looseObject({ command: z.string().min(1) }),
		z.looseObject({ url: z.url({ protocol: /^https?$/, error: "expected an http:// or https:// address" }) }),
	],
	{ error: 'needs either "command" (a program) or "url" (http or https)' },
)
const fileSchema = z.looseObject({
	mcpServers: z.record(z.string(), serverSchema, { error: 'needs an object "mcpServers"' }),
})

/**
 * Makes sure that the file of MCP servers can be read, before anything is started for it.
 *
 * @throws ObservatoryError `file_unreadable` or `config_invalid`, naming the place
 */
export function checkMcpConfig(file: string): void {
	let text: string
	try {
		text = readFileSync(file, "utf8")
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `MCP_CONFIG names a file that cannot be read: ${messageOf(error)}`, {
			advice: "Set MCP_CONFIG to the path of a usual mcpServers JSON file, or leave it away.",
			cause: error,
		})
	}
	const problems = problemsIn(text)
	if (problems.length === 0) return
	throw new ObservatoryError(
		"config_invalid",
		`${file} is not a file of MCP servers:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
		{
			advice: 'It should look like {"mcpServers": {"memory": {"command": "npx", "args": ["-y", "…"]}}}',
		},
	)
}

/** What is wrong with such a file, each with its place. */
export function problemsIn(text: string): string[] {
	let content: unknown
	try {
		content = JSON.parse(text)
	} catch (error) {
		return [`${placeOf(messageOf(error), text)}${messageOf(error)}`]
	}
	const parsed = fileSchema.safeParse(content)
	return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`)
}

/** V8 says a position in characters; people look for lines. */
function placeOf(message: string, text: string): string {
	const position = /at position (\d+)/.exec(message)?.[1]
	if (position === undefined) return ""
	const before = text.slice(0, Number(position)).split("\n")
	return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: `
}
