import { part, promql } from "../../core/catalogue/promql.ts"
import { notificationsReceived } from "../../core/catalogue/subjects/intake.ts"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import type { Board } from "../kit/board.ts"
import { band, heading } from "../kit/layout.ts"
import { formula, increase } from "../kit/query.ts"
import { none } from "../kit/thresholds.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { controlNow, gateAge } from "./panels/control.ts"
import { remediationsPerHour, withheldPerHour } from "./panels/response.ts"
import { violationsByKind, violationsNow, violationsPerDay } from "./panels/safety.ts"
import { ALERTS, OPERATIONS, SAFETY, SECURITY } from "./uids.ts"

const unauthorized = stat({
	key: "notifications-unauthorized",
	title: "Wrong Tokens, Last 24 Hours",
	empty: "No data from the alert webhook",
	shows: [increase(notificationsReceived, { where: { result: "unauthorized" }, window: "1d", legend: "Refused" })],
	thresholds: none,
})

/** Requests to our own servers that ended with one status class; a sign-in that works redirects. */
const requests = (matchers: { readonly route?: string; readonly method?: string; readonly status: string }) =>
	promql`increase(${part(httpRequestDuration, "count", matchers)}[1h])`

const signIns = timeseries({
	key: "sign-ins",
	title: "Sign-ins to the Console per Hour",
	empty: "No sign-ins yet",
	shows: [
		formula(promql`sum(${requests({ method: "POST", route: "/sign-in", status: "3xx" })})`, {
			measure: "count",
			legend: "signed in",
			meaning: "Sign-ins that the console accepted. Increase over 1h.",
			step: "1m",
		}),
		formula(promql`sum(${requests({ method: "POST", route: "/sign-in", status: "4xx" })})`, {
			measure: "count",
			legend: "refused",
			meaning: "Sign-ins that the console refused, for a wrong token most of the time. Increase over 1h.",
			step: "1m",
		}),
	],
})

const refused = timeseries({
	key: "requests-refused",
	title: "Refused Requests per Hour by Route",
	empty: "No request has been refused",
	shows: [
		formula(promql`sum by (route) (${requests({ status: "4xx" })}) > 0`, {
			measure: "count",
			legend: "{{route}}",
			meaning:
				"Requests to our own servers that were answered with a 4xx status: without rights, malformed, or for what is not there. Increase over 1h.",
			step: "1m",
		}),
	],
})

export const security: Board = {
	uid: SECURITY,
	title: "Security Overview",
	role: "security",
	description: "Do sessions keep to their constraints, does the gate deny what it must, and who is refused?",
	refresh: "1m",
	from: "now-24h",
	next: [
		{ title: "Safety", uid: SAFETY },
		{ title: "Alerts", uid: ALERTS },
		{ title: "Operations", uid: OPERATIONS },
	],
	items: [
		band(4, controlNow, gateAge, violationsNow, unauthorized),
		heading("Constraints"),
		band(8, violationsByKind, violationsPerDay),
		heading("Access"),
		band(8, signIns, refused),
		heading("Automatic Responses"),
		band(8, remediationsPerHour, withheldPerHour),
	],
}
