import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { eventually } from "../support/process.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")

it("follows edits with --watch: a mistake is reported and changes nothing, its correction is written", async () => {
	const scratch = mkdtempSync(path.join(tmpdir(), "observatory-watch-"))
	const file = path.join(scratch, "alerts.yaml")
	const good = readFileSync(path.join(ROOT, "test/golden/rules/in-strategy.yaml"), "utf8")
	writeFileSync(file, good)
	let said = ""
	const child = spawn(
		"node",
		["--import", "tsx", "prometheus/main.ts", "--watch", "--quick", "--file", file, "--out", scratch],
		{ cwd: ROOT },
	)
	child.stdout.on("data", (chunk) => {
		said += chunk
	})
	const gone = new Promise((resolve) => child.once("exit", resolve))
	onTestFinished(async () => {
		child.kill("SIGTERM")
		await gone
		rmSync(scratch, { recursive: true, force: true })
	})
	const rules = () => readFileSync(path.join(scratch, "prometheus/rules/alerts.yml"), "utf8")

	await eventually(() => said.includes("8 alerts"))
	const first = rules()
	writeFileSync(file, good.replace("pending > 20", "pendin > 30"))
	await eventually(() => said.includes("did you mean metrics.reviews.pending?"))
	expect(rules()).toBe(first)
	writeFileSync(file, good.replace("pending > 20", "pending > 30"))
	await eventually(() => rules().includes("autonomous_reviews_pending) > 30"))
})
