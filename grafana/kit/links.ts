import { type DashboardLink, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard"

/** Defaults of a link; the SDK's own default hides it in a menu. */
const link = (title: string, own: Partial<DashboardLink>): DashboardLink => ({
	title,
	type: DashboardLinkType.Link,
	icon: "dashboard",
	tooltip: "",
	tags: [],
	asDropdown: false,
	targetBlank: false,
	includeVars: false,
	keepTime: true,
	...own,
})

/** From a panel to a board, in the current time range. */
export const panelLink = (title: string, uid: string): DashboardLink =>
	// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variable
	link(title, { keepTime: false, url: `/d/${uid}${"?${__url_time_range}"}` })

/** From a board's top to another board. */
export const boardLink = (title: string, uid: string): DashboardLink => link(title, { url: `/d/${uid}` })

/** From a board's top to all boards with a tag. */
export const tagLink = (title: string, tag: string): DashboardLink =>
	link(title, { type: DashboardLinkType.Dashboards, icon: "external link", tags: [tag], asDropdown: true })
