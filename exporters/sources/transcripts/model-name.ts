/** A model as the price table knows it. */
export interface ModelName {
	readonly key: string
	/** The name itself asks for fast mode, as gateways do: `claude-opus-5-fast`. */
	readonly fast: boolean
}

/**
 * Removes what providers add to a model's name: the route of a gateway (`anthropic/…`), region and vendor of Bedrock
 * (`us.anthropic.…-v1:0`), the version of Vertex (`…@20250929`), a context window (`…[1m]`) and the date. The version
 * itself is never shortened.
 */
export function modelNameOf(model: string): ModelName {
	const bare = model
		.trim()
		.toLowerCase()
		.replace(/\[[^\]]*\]$/, "")
		.replace(/^.*\//, "")
		.replace(/^(?:[a-z-]+\.)*anthropic\./, "")
		.replace(/@[\w-]*$/, "")
		.replace(/-v\d+(?::\d+)*$/, "")
		.replace(/(?<=\d)\.(?=\d)/g, "-")
	const fast = bare.endsWith("-fast")
	const undated = bare.replace(/-fast$/, "").replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, "")
	return { key: canonical(undated), fast }
}

/** `claude-4-5-sonnet` and `claude-opus-4-0`, which some say, are `claude-sonnet-4-5` and `claude-opus-4`. */
const canonical = (name: string): string =>
	name.replace(/^claude-([4-9](?:-\d{1,2})?)-([a-z]+)$/, "claude-$2-$1").replace(/^(claude-[a-z]+-\d+)-0$/, "$1")
