// Posts the form that the page consists of; the button in it serves where scripts do not run.
document.getElementById("post").submit();
