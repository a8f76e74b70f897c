import { relative } from "node:path"
import { type Plan, urlsOf } from "../system/plan.ts"

/** A path as somebody types it who is in the project's folder. */
export function shown(path: string, from = process.cwd()): string {
	const short = relative(from, path)
	return short.startsWith("..") ? path : short
}

/** What a person may want to do next. */
export function notesFor(plan: Plan): string[] {
	const notes = [
		`Console          ${urlsOf(plan.settings).webhook}`,
		`  its token      cat ${shown(plan.consoleToken.file)}`,
		`Break something  ${plan.demo ? "npm run demo -- break mcp" : "npm start -- break exporters"}`,
		`  and repair it  ${plan.demo ? "npm run demo -- repair mcp" : "npm start -- repair exporters"}`,
		`Logs             ${shown(plan.home.logs)}/`,
		"Stop everything  Ctrl-C",
	]
	return plan.demo ? ["What you see is demo data, until a real system is connected (see the README).", ...notes] : notes
}
