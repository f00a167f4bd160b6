// Package android is what a virtual terminal has beside its payment app: a browser that shows a shop's
// page, and an app launcher with a sample register. Both hand a payment to the payment app and hear how
// it ended, as a page and an app on the device do.
//
// The page is the shop's own. A browser of ours runs in a browser of yours, so the page comes through a
// reverse proxy on a loopback port of its own, one for each site: its paths, forms, fetches and cookies work as at
// home, and one script beside it hands msp:// links and addresses of other sites to the browser.
//
// Promises: only http and https are opened; a link or an intent that is wrong is refused with the field
// that is, and starts nothing; an answer is given when the payment has ended and not before, so that
// no shop is told a guess. It never decides whether money moved: the payment app does not either.
package android
