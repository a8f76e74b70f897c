// Keeps an open page current: times count on, changes appear, and the keyboard moves through the list.

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

/** The option that the page came with: the first one where none is marked. */
const shippedIndex = (select) =>
	Math.max(
		0,
		[...select.options].findIndex((option) => option.defaultSelected),
	)

/** The person reads details, selects text or fills in a form: a refresh must not disturb that. */
const busy = () =>
	document.querySelector("main details[open]") !== null ||
	window.getSelection()?.type === "Range" ||
	document.activeElement?.matches("main input:not([type=checkbox]), main select") ||
	[...document.querySelectorAll("main input:not([type=hidden], [type=checkbox])")].some(
		(input) => input.value !== input.defaultValue,
	) ||
	[...document.querySelectorAll("main .search select")].some((select) => select.selectedIndex !== shippedIndex(select))

let waiting = false

/** Fetches this page again and replaces its parts, keeping the focus. */
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
	// The person may have started to type during the request.
	if (busy()) {
		waiting = true
		return
	}
	const find = finder(document.activeElement)
	const selected = selection()
	for (const part of ["main", "header.top nav"]) {
		const [old, fresh] = [document.querySelector(part), page.querySelector(part)]
		if (old && fresh && old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML
	}
	document.title = page.title
	document.body.dataset.revision = page.body.dataset.revision
	for (const box of boxes()) box.checked = selected.has(box.value)
	countSelected()
	find?.()?.focus()
	countOn()
	connected(true)
}

/** The purpose of a link or a control: its target, and the hidden values of its form. */
function purposeOf(element) {
	if (!element.form) return element.getAttribute("href") ?? ""
	const sent = [...element.form.querySelectorAll("input[type=hidden]:not([name=csrf])")].map((input) => input.value)
	const own = element.type === "checkbox" ? element.value : ""
	return [element.form.getAttribute("action"), element.getAttribute("name"), own, ...sent].join(" ")
}

/** Finds the focused element again on the new page: by its purpose, and by its index among equals. */
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

/** Listens to changes while the page is visible: browsers limit connections, and a hidden page must not use one. */
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
		// The browser does not retry a refused stream: the session may have ended, or the server is full.
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

/** The check boxes of the incidents in the list. */
const boxes = () => [...document.querySelectorAll("main .incident input[type=checkbox]")]

const selection = () => new Set(boxes().flatMap((box) => (box.checked ? [box.value] : [])))

/** Says how many incidents are selected, and that one at least has to be. */
function countSelected() {
	const form = document.querySelector("form.selected")
	if (!form) return
	const [all, n] = [boxes().length, selection().size]
	const button = form.querySelector("button")
	button.disabled = n === 0
	button.textContent = n === 0 ? "Acknowledge selected" : `Acknowledge ${n} selected`
	const every = form.querySelector("[data-all]")
	every.checked = n === all
	every.indeterminate = n > 0 && n < all
}

function select() {
	const box = document.activeElement?.closest(".incident")?.querySelector("input[type=checkbox]")
	box?.click()
}

document.addEventListener("change", ({ target }) => {
	if (target.matches("[data-all]")) for (const box of boxes()) box.checked = target.checked
	countSelected()
})

const KEYS = { j: () => move(1), k: () => move(-1), a: acknowledge, x: select }

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey) return
	if (event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), textarea, select"))
		return
	KEYS[event.key]?.()
})

if (document.body.hasAttribute("data-revision")) {
	setInterval(countOn, 5_000)
	setInterval(() => waiting && catchUp(), 3_000)
	// Some changes send no event: a missing heartbeat, a window that ends, a board's data.
	setInterval(catchUp, (Number(document.body.dataset.refresh) || 60) * 1_000)
	document.addEventListener("visibilitychange", () => {
		listen()
		if (document.visibilityState === "visible") catchUp()
	})
	countOn()
	// A browser restores the check boxes of a page that it goes back to.
	countSelected()
	listen()
}
