import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { locate } from "../packages/programs.ts"
import type { Step } from "../parts/part.ts"
import { findProgram } from "../process/find-program.ts"
import { entryPoint, nodeCommand } from "../process/node-command.ts"
import { authority } from "../settings.ts"
import { type Plan, serverEnv } from "./plan.ts"

/** Prometheus' data, and the blocks that are made up, known by their names. */
const filesOf = ({ home }: Plan) => ({
	data: join(home.prometheus, "data"),
	draft: join(home.prometheus, "past"),
	blocks: join(home.prometheus, "demo-past.json"),
})

const blocksSchema = z.array(z.string())
const metaSchema = z.object({ compaction: z.object({ sources: z.array(z.string()).default([]) }) })

/**
 * Fills the demo's Prometheus with a made-up past before its first start, so that boards, anomaly scores and forecasts
 * have something to show. With a real system it removes that past again.
 */
export function pastPart(plan: Plan): Step {
	return {
		kind: "step",
		name: "past",
		title: "Past",
		demo: plan.demo,
		needs: [],
		// It ends at what they have counted by now.
		after: [...(plan.install ? ["packages"] : []), "exporters", "webhook"],
		async run(report, signal) {
			const { data, draft } = filesOf(plan)
			rmSync(draft, { recursive: true, force: true })
			if (!plan.demo) return removePast(plan)
			const days = plan.settings.DEMO_PAST_DAYS
			if (days === 0) return "none (DEMO_PAST_DAYS=0)"
			if (existsSync(data) && readdirSync(data).length > 0) return "Prometheus has data already"
			const promtool = findPromtool(plan)
			if (promtool === undefined) return "none, because promtool, which comes with Prometheus, is not installed"
			await generate(plan, promtool, report, signal)
			writeAtomic(filesOf(plan).blocks, JSON.stringify(readdirSync(draft)))
			rmSync(data, { recursive: true, force: true })
			renameSync(draft, data)
			return `made up, for ${days === 1 ? "a day" : `${days} days`}; DEMO_PAST_DAYS=0 starts without`
		},
	}
}

/** Beside Prometheus, as its makers ship it, or on the PATH. */
function findPromtool({ machine, home }: Plan): string | undefined {
	const prometheus = locate("prometheus", machine.searchPath, home.packages)
	const beside = prometheus && findProgram(["promtool"], dirname(prometheus.file))
	return beside ?? findProgram(["promtool"], machine.searchPath)
}

/** Runs the demo's model as a program. @throws ObservatoryError `unavailable` with its output */
function generate(
	plan: Plan,
	promtool: string,
	report: (progress: string) => void,
	signal: AbortSignal,
): Promise<void> {
	const { settings, projectRoot } = plan
	const { file, args } = nodeCommand(entryPoint("demo/past/main"), [
		filesOf(plan).draft,
		`--promtool=${promtool}`,
		`--exporters=${authority(settings.EXPORTERS_LISTEN)}`,
		`--webhook=${authority(settings.WEBHOOK_LISTEN)}`,
		`--token-file=${plan.metricsToken.file}`,
		`--days=${settings.DEMO_PAST_DAYS}`,
	])
	report("making up a past")
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, {
			cwd: projectRoot,
			env: serverEnv(plan),
			signal,
			stdio: ["ignore", "pipe", "pipe"],
		})
		let errors = ""
		child.stderr.on("data", (chunk: Buffer) => {
			errors += chunk
		})
		child.stdout.on("data", (chunk: Buffer) => report(`making up a past, ${String(chunk).trim().split("\n").at(-1)}`))
		child.once("error", reject)
		child.once("close", (code) => {
			if (code === 0) resolve()
			else reject(new ObservatoryError("unavailable", `The demo's past could not be made: ${errors.trim()}`))
		})
	})
}

/** Removes the made-up blocks, and blocks that Prometheus has compacted them into. */
function removePast(plan: Plan): string {
	const { data, blocks } = filesOf(plan)
	if (!existsSync(blocks)) return "none of the demo"
	const made = new Set(blocksSchema.parse(JSON.parse(readFileSync(blocks, "utf8"))))
	const isMade = (block: string) => {
		const meta = join(data, block, "meta.json")
		if (!existsSync(meta)) return false
		const { compaction } = metaSchema.parse(JSON.parse(readFileSync(meta, "utf8")))
		return made.has(block) || compaction.sources.some((source) => made.has(source))
	}
	const found = existsSync(data) ? readdirSync(data).filter(isMade) : []
	for (const block of found) rmSync(join(data, block), { recursive: true })
	rmSync(blocks)
	return `the demo's is removed (${found.length} blocks)`
}
