/** A difference between the generated files and those on disk. */
export interface Change {
	readonly path: string
	readonly kind: "added" | "changed" | "removed"
	/** Titles of added, removed and changed panels; for dashboards only. */
	readonly panels: readonly string[]
}

type Files = ReadonlyMap<string, string>

/** Compares the files on disk with the generated ones. */
export function changesBetween(before: Files, after: Files): readonly Change[] {
	const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
	return paths.flatMap((path): Change[] => {
		const [old, fresh] = [before.get(path), after.get(path)]
		if (old === fresh) return []
		if (old === undefined) return [{ path, kind: "added", panels: [] }]
		if (fresh === undefined) return [{ path, kind: "removed", panels: [] }]
		return [{ path, kind: "changed", panels: path.endsWith(".json") ? changedPanels(old, fresh) : [] }]
	})
}

/** One line a change, for a person. */
export const renderChange = ({ path, kind, panels }: Change): string =>
	`${{ added: "+", changed: "~", removed: "-" }[kind]} ${path}${panels.length > 0 ? `: ${panels.join("; ")}` : ""}`

function changedPanels(old: string, fresh: string): string[] {
	const [before, after] = [panelTexts(old), panelTexts(fresh)]
	return [...new Set([...before.keys(), ...after.keys()])].filter((title) => before.get(title) !== after.get(title))
}

/** Panels without their grid positions: a new panel moves all panels below it, which is no change of theirs. */
function panelTexts(text: string): Map<string, string> {
	const dashboard: unknown = parse(text)
	const panels = isObject(dashboard) && Array.isArray(dashboard.panels) ? dashboard.panels : []
	return new Map(
		panels.filter(isObject).map(({ gridPos: _, ...panel }) => [String(panel.title), JSON.stringify(panel)]),
	)
}

/** A file that is no JSON has no panels to compare. */
function parse(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null
