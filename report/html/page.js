"use strict";
(() => {
	const form = document.getElementById("filter");
	if (form) {
		const rows = [...document.querySelectorAll(".findings > li")];
		const apply = () => {
			const { a, s, m } = form.elements;
			let shown = 0;
			for (const row of rows) {
				const d = row.dataset;
				row.hidden = (a.value && a.value !== d.a) || (s.value && +d.s < +s.value) || (m.value && m.value !== d.m);
				shown += !row.hidden;
			}
			form.querySelector("output").value = shown + " of " + rows.length;
		};
		form.addEventListener("input", apply);
		form.addEventListener("reset", () => setTimeout(apply));
		form.addEventListener("submit", (e) => e.preventDefault());
		// The counts in the chain lead to the findings of their ancestor, and a link to a
		// finding shows it, whatever the filter.
		document.addEventListener("click", (e) => {
			const link = e.target.closest("a[href^='#f']");
			if (link) {
				form.reset();
				form.elements.a.value = link.dataset.a ?? "";
				apply();
			}
		});
		form.hidden = false;
		apply();
	}
	const folded = () => document.querySelectorAll("details:not([open])");
	let opened = [];
	addEventListener("beforeprint", () => {
		opened = [...folded()];
		for (const d of opened) d.open = true;
	});
	addEventListener("afterprint", () => {
		for (const d of opened) d.open = false;
	});
})();
