import type { Reporter, TestModule } from "vitest/node"
import { slowFiles } from "./longest-first.ts"

const SHOWN = 10

/** The slowest files with their seconds, as `npm test` prints them, so that growth is seen. */
export function describeSlowest(
	files: readonly { readonly file: string; readonly seconds: number }[],
	slow: ReadonlyMap<string, number>,
): string {
	const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, SHOWN)
	const lines = slowest.map(({ file, seconds }) => {
		const listed = slow.get(file)
		return `${seconds.toFixed(1).padStart(7)} s  ${file}, ${listed === undefined ? "not listed" : `listed with ${listed} s`}`
	})
	const total = files.reduce((sum, { seconds }) => sum + seconds, 0)
	return [`slowest of ${files.length} files, ${total.toFixed(0)} s in all (test/slow.json):`, ...lines].join("\n")
}

/** Prints the slowest files at the end of a run. */
export default class SlowestReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const files = modules.map((module) => {
			const { duration, collectDuration, environmentSetupDuration, prepareDuration } = module.diagnostic()
			const ms = duration + collectDuration + environmentSetupDuration + prepareDuration
			return { file: module.relativeModuleId, seconds: ms / 1000 }
		})
		process.stdout.write(`\n${describeSlowest(files, slowFiles())}\n`)
	}
}
