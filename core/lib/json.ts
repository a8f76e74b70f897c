import { printParseErrorCode, visit } from "jsonc-parser"

/** Where a text stops being JSON, counted from 1, and why, such as "comma expected". */
export interface JsonFault {
	readonly line: number
	readonly column: number
	readonly problem: string
}

/**
 * Finds the first place where a text violates JSON; undefined when it does not. The engine's own message names a
 * position only sometimes, and in words that differ between versions.
 */
export function findJsonFault(text: string): JsonFault | undefined {
	const faults: JsonFault[] = []
	const onError = (code: number, _offset: number, _length: number, line: number, character: number) => {
		const words = printParseErrorCode(code).replace(/\B[A-Z]/g, " $&")
		faults.push({ line: line + 1, column: character + 1, problem: words.toLowerCase() })
	}
	visit(text, { onError }, { disallowComments: true })
	return faults[0]
}
