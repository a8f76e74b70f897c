// Keeps an open page true: times count on, changes appear by themselves, and the keyboard moves through the list.

const UNITS = [
	[86_400, "d", 3_600, "h"],
	[3_600, "h", 60, "min"],
]

function span(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000))
	if (seconds < 60) return `${seconds} s`
	if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
	const [large, largeName, small, smallName] = UNITS.find(([size]) => seconds >= size)
	const rest = Math.floor((seconds % large) / small)
	return `${Math.floor(seconds / large)} ${largeName}${rest ? ` ${rest} ${smallName}` : ""}`
}

function countOn() {
	for (const time of document.querySelectorAll("time[data-form]")) {
		const text = span(Date.now() - Date.parse(time.dateTime))
		time.textContent = time.dataset.form === "ago" ? `${text} ago` : text
	}
}

/** Somebody reads, marks or fills in something that must not be taken from under their hands. */
const busy = () =>
	document.querySelector("main details[open]") !== null ||
	window.getSelection()?.type === "Range" ||
	document.activeElement?.matches("main input, main select") ||
	[...document.querySelectorAll("main input:not([type=hidden])")].some((input) => input.value !== input.defaultValue)

let waiting = false

/** Fetches this page again and puts its parts in place, keeping the focus where it was. */
async function refresh() {
	if (busy()) {
		waiting = true
		return
	}
	waiting = false
	const response = await fetch(location.href, { headers: { "x-refresh": "1" } })
	if (response.status === 401) return location.reload()
	if (!response.ok) return connected(false)
	const page = new DOMParser().parseFromString(await response.text(), "text/html")
	// Somebody may have begun to type while it was on its way.
	if (busy()) {
		waiting = true
		return
	}
	const find = finder(document.activeElement)
	for (const part of ["main", "header.top nav"]) {
		const [old, fresh] = [document.querySelector(part), page.querySelector(part)]
		if (old && fresh && old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML
	}
	document.title = page.title
	document.body.dataset.revision = page.body.dataset.revision
	find?.()?.focus()
	countOn()
	connected(true)
}

/** What a link or a control of a form does: where it leads, and what is sent along. */
function purposeOf(element) {
	if (!element.form) return element.getAttribute("href") ?? ""
	const sent = [...element.form.querySelectorAll("input[type=hidden]:not([name=csrf])")].map((input) => input.value)
	return [element.form.getAttribute("action"), element.getAttribute("name"), ...sent].join(" ")
}

/** How to find again, on the fresh page, what has the focus: by what it does, of several the one in its place. */
function finder(element) {
	const part = element?.closest("main, header.top nav")
	if (!part || element === part) return undefined
	const purpose = purposeOf(element)
	const alike = () => [...part.querySelectorAll(element.tagName)].filter((one) => purposeOf(one) === purpose)
	const at = alike().indexOf(element)
	return () => alike()[at]
}

function connected(is) {
	const note = document.querySelector(".offline")
	if (note) note.hidden = is
}

const catchUp = () => void refresh().catch(() => connected(false))

let events

/** Hears of changes while the page is seen: browsers hold few connections, and a hidden page must not keep one. */
function listen() {
	events?.close()
	if (document.visibilityState === "hidden") return
	const stream = new EventSource(`/changes?since=${encodeURIComponent(document.body.dataset.revision)}`)
	events = stream
	let lost = false
	stream.addEventListener("changed", catchUp)
	stream.addEventListener("away", () => connected(false))
	stream.addEventListener("open", () => {
		if (lost) catchUp()
		lost = false
	})
	stream.addEventListener("error", () => {
		lost = true
		connected(false)
		// A refused stream is not tried again by the browser: the session may be over, or the server full.
		if (stream.readyState === EventSource.CLOSED)
			setTimeout(() => {
				catchUp()
				if (stream === events) listen()
			}, 10_000)
	})
}

function move(by) {
	const links = [...document.querySelectorAll("main .incident h3 a")]
	if (links.length === 0) return
	const at = links.indexOf(document.activeElement)
	links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus()
}

function acknowledge() {
	const scope = document.activeElement?.closest(".incident") ?? document.querySelector("article.detail")
	scope?.querySelector("form[data-key=a]")?.requestSubmit()
}

const KEYS = { j: () => move(1), k: () => move(-1), a: acknowledge }

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey) return
	if (event.target instanceof HTMLElement && event.target.matches("input, textarea, select")) return
	KEYS[event.key]?.()
})

if (document.body.hasAttribute("data-revision")) {
	setInterval(countOn, 5_000)
	setInterval(() => waiting && catchUp(), 3_000)
	// Some things show by nothing happening: a heartbeat that does not come, a window that ends.
	setInterval(catchUp, 60_000)
	document.addEventListener("visibilitychange", () => {
		listen()
		if (document.visibilityState === "visible") catchUp()
	})
	countOn()
	listen()
}
