import { part, promql } from "../../../core/catalogue/promql.ts"
import { notificationsReceived } from "../../../core/catalogue/subjects/intake.ts"
import { httpRequestDuration } from "../../../core/catalogue/subjects/observatory.ts"
import { formula, increase } from "../../kit/query.ts"
import { none } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

export const unauthorized = stat({
	key: "notifications-unauthorized",
	title: "Wrong Tokens, Last 24 Hours",
	empty: "No data from the alert webhook",
	shows: [increase(notificationsReceived, { where: { result: "unauthorized" }, window: "1d", legend: "Refused" })],
	thresholds: none,
})

/** Requests to our own servers that ended with one status class; a sign-in that works redirects. */
const requests = (matchers: { readonly route?: string; readonly method?: string; readonly status: string }) =>
	promql`increase(${part(httpRequestDuration, "count", matchers)}[1h])`

export const signIns = timeseries({
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

export const refused = timeseries({
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
