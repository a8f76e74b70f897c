import { ObservatoryError } from "../../../core/lib/errors.ts"
import { searchInput } from "../../store/incidents/search.ts"
import { parseInput } from "../http/input.ts"
import { SEARCH_FIELDS, type Search } from "./pages/search.ts"

/** The search in a page's address. Empty fields of the form count as absent; a problem leaves everything in the list. */
export function readSearch(query: Readonly<Record<string, unknown>>): Search {
	const given: Record<string, string> = {}
	for (const name of SEARCH_FIELDS) {
		const value = query[name]
		if (typeof value === "string" && value.trim() !== "") given[name] = value.slice(0, 2_001)
	}
	try {
		return { given, filters: parseInput(searchInput, given), problem: undefined }
	} catch (error) {
		if (!(error instanceof ObservatoryError)) throw error
		return { given, filters: {}, problem: error.message }
	}
}
