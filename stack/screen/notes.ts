import { basename, relative } from "node:path"
import { SERVER_USER } from "../../core/clients/endpoint.ts"
import { type Plan, urlsOf } from "../system/plan.ts"

/** A path relative to the working folder, if it is inside. */
export function shown(path: string, from = process.cwd()): string {
	const short = relative(from, path)
	return short.startsWith("..") ? path : short
}

/** Next steps for a person. `link` signs in to the console once; undefined when there is none. */
export function notesFor(plan: Plan, link: string | undefined): string[] {
	const notes = [
		`Console          ${urlsOf(plan.settings).console}`,
		...(link === undefined ? [] : ["  sign in once   within 15 minutes, by this link:", link]),
		"  another link   npm start -- link",
		`  token          cat ${shown(plan.consoleToken.file)}`,
		`Agents send      OTLP to ${urlsOf(plan.settings).otlp}, or by gRPC to ${urlsOf(plan.settings).otlpGrpc}`,
		`  with           OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer $(cat ${shown(plan.otlpToken.file)})"`,
		`Prometheus and Alertmanager ask for ${SERVER_USER}`,
		`  password       cat ${shown(plan.prometheusPassword.file)}, ${basename(plan.alertmanagerPassword.file)}`,
		`Break something  ${plan.demo ? "npm run demo -- break mcp" : "npm start -- break exporters"}`,
		`  and repair it  ${plan.demo ? "npm run demo -- repair mcp" : "npm start -- repair exporters"}`,
		`Logs             ${shown(plan.home.logs)}/`,
		"Stop everything  Ctrl-C",
	]
	return plan.demo ? ["This is demo data until a real system is connected (see the README).", ...notes] : notes
}
