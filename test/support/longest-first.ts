import { readFileSync } from "node:fs"
import path from "node:path"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const ROOT = path.resolve(import.meta.dirname, "../..")

/** Files of tests that take long, and how many seconds on an idle machine. */
export const slowFiles = (): ReadonlyMap<string, number> =>
	new Map(Object.entries(JSON.parse(readFileSync(path.join(ROOT, "test/slow.json"), "utf8")) as Record<string, number>))

/**
 * Those that are listed as slow first, the longest at the front: one that starts last runs alone while the other workers
 * idle. The rest stay in the order that they come in.
 */
export function longestFirst<T>(
	files: readonly T[],
	pathOf: (file: T) => string,
	slow: ReadonlyMap<string, number> = slowFiles(),
): T[] {
	const seconds = (file: T) => slow.get(pathOf(file)) ?? 0
	return [...files].sort((a, b) => seconds(b) - seconds(a))
}

/** The order in which vitest starts the files of a project. */
export class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		return longestFirst(await super.sort(files), ({ moduleId }) => path.relative(ROOT, moduleId))
	}
}
