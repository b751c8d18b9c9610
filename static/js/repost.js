// The same fields once more from our own origin; the button stays for whoever has no script.

document.getElementById("repost").submit();
