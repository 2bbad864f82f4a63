"use strict";
(() => {
	// A form filters the list in its section. The counts in the chain, and links to what is
	// in the list, are found by links, and show it, whatever the filter.
	const filter = (form, links) => {
		if (!form) return;
		const rows = [...form.closest("section").querySelectorAll(".findings > li")];
		const apply = () => {
			const { a, s, m, f } = form.elements;
			let shown = 0;
			for (const row of rows) {
				const d = row.dataset;
				row.hidden = (a.value && a.value !== d.a) || (s.value && +d.s < +s.value) || (m.value && m.value !== d.m) || (f?.value && f.value !== d.f);
				shown += !row.hidden;
			}
			form.querySelector("output").value = shown + " of " + rows.length;
		};
		form.addEventListener("input", apply);
		form.addEventListener("reset", () => setTimeout(apply));
		form.addEventListener("submit", (e) => e.preventDefault());
		document.addEventListener("click", (e) => {
			const link = e.target.closest(links);
			if (link) {
				form.reset();
				form.elements.a.value = link.dataset.a ?? "";
				apply();
			}
		});
		form.hidden = false;
		apply();
	};
	filter(document.getElementById("filter"), "a[href^='#f']");
	filter(document.getElementById("vulnfilter"), "a[href='#vulns']");
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
