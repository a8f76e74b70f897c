import { BOARDS } from "../boards/index.ts"
import { render } from "../kit/board.ts"
import { isObject, type Json } from "./shared-board.ts"
import { writeV2 } from "./write-v2.ts"

/** Our boards for a Grafana that others provision, by file name; `dataSources` are the uids there, by ours. */
export const exportBoards = (
	format: "v1" | "v2",
	dataSources: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> =>
	new Map(
		BOARDS.map((board) => {
			const made: Json = JSON.parse(JSON.stringify(format === "v1" ? render(board) : writeV2(render(board))))
			return [`${board.uid}.json`, `${JSON.stringify(withDataSources(made, dataSources), null, 2)}\n`]
		}),
	)

/** Replaces the uids wherever a data source is named: `uid` in v1, `name` in v2. */
function withDataSources(value: Json, uids: ReadonlyMap<string, string>): Json {
	if (Array.isArray(value)) return value.map((each) => withDataSources(each, uids))
	if (!isObject(value)) return value
	return Object.fromEntries(
		Object.entries(value).map(([name, each]) => [
			name,
			name === "datasource" && isObject(each) ? replaced(each, uids) : withDataSources(each, uids),
		]),
	)
}

const replaced = (reference: Readonly<Record<string, Json>>, uids: ReadonlyMap<string, string>) =>
	Object.fromEntries(
		Object.entries(reference).map(([name, value]) => [
			name,
			(name === "uid" || name === "name") && typeof value === "string" ? (uids.get(value) ?? value) : value,
		]),
	)
