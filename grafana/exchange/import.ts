import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { didYouMean } from "../../core/lib/nearest.ts"
import { BOARDS } from "../boards/index.ts"
import { panelId, panelsOf, render } from "../kit/board.ts"
import { compareBoards } from "./compare.ts"
import { readShared } from "./read.ts"
import { readV1 } from "./read-v1.ts"
import { type Locate, renderImport } from "./render.ts"
import type { JsonObject, SharedBoard } from "./shared-board.ts"

/** A board of ours in the common form. */
export const sharedBoard = (board: (typeof BOARDS)[number]): SharedBoard =>
	readV1(JSON.parse(JSON.stringify(render(board))) as JsonObject)

/**
 * Says what to change in the code for a board that was changed in Grafana and saved as a file.
 *
 * @throws ObservatoryError `file_unreadable`, `config_invalid`, or `not_found` for a board that is not ours
 */
export function importBoard(file: string, root: string): { readonly text: string; readonly changes: number } {
	const theirs = readShared(readText(file), file)
	const own = BOARDS.find(({ uid }) => uid === theirs.uid)
	if (own === undefined) {
		const uids = BOARDS.map(({ uid }) => uid)
		throw new ObservatoryError(
			"not_found",
			`${file} is the board "${theirs.uid}", which grafana/boards does not make`,
			{
				advice: didYouMean(theirs.uid, uids) ?? `It makes ${uids.join(", ")}.`,
			},
		)
	}
	const change = compareBoards(sharedBoard(own), theirs)
	const text = renderImport(theirs, change, locateIn(join(root, "grafana/boards")))
	return { text, changes: change.board.length + change.panels.length }
}

function readText(file: string): string {
	try {
		return readFileSync(file, "utf8")
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `The board cannot be read: ${messageOf(error)}`, { cause: error })
	}
}

/** Finds the line with a panel's key. */
function locateIn(folder: string): Locate {
	const keys = new Map(BOARDS.flatMap(panelsOf).map(({ key }) => [panelId(key), key]))
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
	const sources = files.map((name) => ({ name, lines: readFileSync(join(folder, name), "utf8").split("\n") }))
	return ({ id }) => {
		const key = keys.get(id)
		if (key === undefined) return undefined
		for (const { name, lines } of sources) {
			const line = lines.findIndex((text) => text.includes(`key: "${key}"`))
			if (line >= 0) return `${relative(join(folder, "../.."), join(folder, name))}:${line + 1}`
		}
		return undefined
	}
}
