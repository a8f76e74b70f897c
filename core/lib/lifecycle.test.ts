import { spawnSync } from "node:child_process"
import path from "node:path"
import { expect, it } from "vitest"

/** Runs a program whose main has this body; what it writes, and how it ends. */
function run(body: string) {
	const lifecycle = JSON.stringify(path.join(import.meta.dirname, "lifecycle.ts"))
	const program = `import { runMain } from ${lifecycle}; await runMain(async (life) => { ${body} })`
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--import", "tsx", "--input-type=module", "--eval", program],
		{ encoding: "utf8", timeout: 50_000 },
	)
	return { status, stdout, stderr }
}

const REGISTERED = `
	life.onClose("it", () => console.log("closed"))
	life.onCrash((kind, error) => console.log(kind, error.message))
	life.onCrash(() => { throw new Error("no database") })
`

it.each([
	["uncaughtException", 'setTimeout(() => { throw new Error("boom") }, 10)'],
	["unhandledRejection", 'setTimeout(() => Promise.reject(new Error("boom")), 10)'],
])(
	"an %s is written down and recorded, and ends the program with 1 after it has closed what it opened",
	(kind, error) => {
		const { status, stdout, stderr } = run(`${REGISTERED} ${error}; setInterval(() => 0, 1000)`)
		expect([status, stdout]).toEqual([1, `${kind} boom\nclosed\n`])
		expect(stderr).toMatch(new RegExp(`${kind}: Error: boom\\n +at `))
		expect(stderr).toContain("recording it failed: no database")
	},
)

it("an error while it starts ends the program as well, with its advice and no stack", () => {
	const { status, stdout, stderr } = run(`${REGISTERED} throw new Error("no port")`)
	expect([status, stdout, stderr]).toEqual([1, "closed\n", "no port\n"])
})
