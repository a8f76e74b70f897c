import { ObservatoryError } from "../../core/lib/errors.ts"
import { findJsonFault } from "../../core/lib/json.ts"
import { readV1 } from "./read-v1.ts"
import { readV2 } from "./read-v2.ts"
import { isObject, objectOf, type SharedBoard, textOf } from "./shared-board.ts"

/**
 * Reads a board that Grafana saved or exported: v1 JSON, as it is, within the API's response or within a resource, or a
 * resource of v2.
 *
 * @throws ObservatoryError `config_invalid`
 */
export function readShared(text: string, file: string): SharedBoard {
	const fault = findJsonFault(text)
	if (fault !== undefined) {
		throw new ObservatoryError("config_invalid", `${file}:${fault.line}:${fault.column}: ${fault.problem}`, {
			advice: "Save the board's JSON model in Grafana again.",
		})
	}
	const outer = objectOf(JSON.parse(text))
	const uid = textOf(objectOf(outer.metadata).name)
	const inner = isObject(outer.dashboard) ? outer.dashboard : isObject(outer.spec) ? outer.spec : outer
	const board = isObject(inner.elements) ? readV2(inner, uid) : readV1({ ...(uid ? { uid } : {}), ...inner })
	if (board.panels.length > 0 || board.headings.length > 0) return board
	throw new ObservatoryError("config_invalid", `${file} is no board of Grafana: it has no panels`, {
		advice: "Save it in Grafana under Export as JSON, or from the settings' JSON model.",
	})
}
