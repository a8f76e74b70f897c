import { type Severity, severityOf } from "../../../domain/severity.ts"
import type { Incident } from "../../../store/incidents/list.ts"
import { type Html, html } from "./html.ts"

const SHAPES: Record<Severity, Html> = {
	critical: html`<path d="M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9Z" /><path class="ink" d="M12 6.5v7M12 17.200v.3" />`,
	warning: html`<path d="M12 2 23 21.5H1Z" /><path class="ink" d="M12 9v6M12 18.200v.2" />`,
	info: html`<circle cx="12" cy="12" r="10.5" /><path class="ink" d="M12 11v6M12 7v.2" />`,
	other: html`<rect x="2.5" y="2.5" width="19" height="19" rx="3" /><path class="ink" d="M8 12h8" />`,
}

/** Severity as a shape, so that it does not depend on colour alone. */
export const severityIcon = (severity: string): Html =>
	html`<svg class="sev" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[severityOf(severity)]}</svg>`

export const severityBadge = (severity: string): Html =>
	html`<span class="badge ${severityOf(severity)}">${severityIcon(severity)}${severity}</span>`

/** The badge of the demo's incidents. */
export const demoBadge = ({ labels }: Pick<Incident, "labels">): Html | false =>
	isDemo(labels) &&
	html`<span class="badge demo" title="Made by the demonstration; nothing real is affected">demo</span>`

export const isDemo = (labels: Readonly<Record<string, string>>): boolean => labels.environment === "demo"

/** The affected thing, in the most specific words of the labels. */
export function componentOf(labels: Readonly<Record<string, string>>): string | undefined {
	const { component, server, mcp_server: mcpServer, job, instance } = labels
	const part = server ?? mcpServer
	if (component && part) return `${component} / ${part}`
	return component ?? part ?? job ?? instance
}

/** The summary in one line. */
export function summaryOf({ annotations, labels }: Pick<Incident, "annotations" | "labels">): string | undefined {
	return annotations.summary || annotations.description || annotations.message || labels.reason
}
