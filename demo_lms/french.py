"""French texts of the LMS's pages, by their English ones."""

FRENCH = {
    # Frame of every page
    "CAMPUS DEMO": "CAMPUS DÉMO",
    "Demonstration LMS, to try without setting anything up": (
        "LMS de démonstration, pour essayer sans rien installer"
    ),
    "You are": "Vous êtes",
    "Change": "Changer",
    "Language": "Langue",
    "Skip to the content": "Aller au contenu",
    "Breadcrumb": "Fil d’Ariane",
    "My courses": "Mes cours",
    "Messages": "Messages",
    "Behaviour": "Comportement",
    "Pages of this LMS": "Pages de ce LMS",
    # Roles
    "%(name)s (%(part)s)": "%(name)s (%(part)s)",
    "learner": "apprenant",
    "trainer": "formateur",
    "tutor": "tuteur",
    "educational lead": "responsable pédagogique",
    "observer": "observateur",
    "mentor": "mentor",
    "student view": "vue étudiant",
    "LMS administrator": "administrateur du LMS",
    "member": "membre",
    # Front page
    "Choose somebody above, open a course: the community is an activity of the course.": (
        "Choisissez une personne ci-dessus, ouvrez un cours : la communauté est une activité du cours."
    ),
    "Courses": "Cours",
    "This account is not enrolled here.": "Ce compte n’est pas inscrit ici.",
    "You are here as: %(part)s": "Vous y êtes en tant que : %(part)s",
    "Who is who": "Qui est qui",
    "Name": "Nom",
    "not enrolled": "non inscrit",
    "Known to the tool as": "Connu de l’outil comme",
    # Course
    "Sections of the course": "Sections du cours",
    "Community (external tool)": "Communauté (outil externe)",
    "Gradebook": "Carnet de notes",
    "Community": "Communauté",
    "Open in a new tab": "Ouvrir dans un nouvel onglet",
    "This frame receives a real LTI 1.3 launch. Changing person launches the tool again.": (
        "Ce cadre reçoit un vrai lancement LTI 1.3. Changer de personne relance l’outil."
    ),
    "Gradebook (what the LMS holds)": "Carnet de notes (ce que contient le LMS)",
    "Messages exchanged with the tool": "Messages échangés avec l’outil",
    "All messages": "Tous les messages",
    "Nothing exchanged yet.": "Aucun échange pour l’instant.",
    # Gradebook
    "No column yet: the tool makes one when grading is switched on, or the activity has its own.": (
        "Aucune colonne pour l’instant : l’outil en crée une quand la notation est activée, "
        "ou l’activité a la sienne."
    ),
    "No learner to show.": "Aucun apprenant à afficher.",
    "Learner": "Apprenant",
    "Received": "Reçu",
    "Comment": "Commentaire",
    "no grade": "aucune note",
    "by hand": "saisie à la main",
    "overridden": "remplacée par le formateur",
    "Change a grade by hand": "Modifier une note à la main",
    "Column": "Colonne",
    "Grade (empty takes it away)": "Note (vide : la retirer)",
    "Save the grade": "Enregistrer la note",
    "On the activity’s own column a grade typed here stays, whatever the tool sends later.": (
        "Dans la colonne propre à l’activité, une note saisie ici reste, quoi que l’outil envoie ensuite."
    ),
    "The grade was not saved: choose a learner and a column and type a number from 0 upwards.": (
        "La note n’a pas été enregistrée : choisissez un apprenant et une colonne, "
        "puis saisissez un nombre à partir de 0."
    ),
    # Messages
    "Time": "Heure",
    "What": "Quoi",
    "Detail": "Détail",
    "Request": "Requête",
    "Answer": "Réponse",
    "page": "page",
    "launch begun": "lancement commencé",
    "launch signed": "lancement signé",
    "launch refused": "lancement refusé",
    "cookie absent, asked again": "cookie absent, demande répétée",
    "back from the tool": "retour de l’outil",
    "key set read": "clés publiques lues",
    "token given": "jeton donné",
    "token refused": "jeton refusé",
    "columns read": "colonnes lues",
    "column made": "colonne créée",
    "column read": "colonne lue",
    "column changed": "colonne modifiée",
    "column deleted": "colonne supprimée",
    "score stored": "note enregistrée",
    "grade emptied": "note vidée",
    "score refused": "note refusée",
    "results read": "résultats lus",
    "service refused": "appel refusé",
    "fault switched on": "panne simulée",
    "person changed": "changement de personne",
    "grade set by hand": "note saisie à la main",
    "quirks changed": "comportement modifié",
    # Behaviour
    "How this LMS behaves": "Comment ce LMS se comporte",
    "LMSs differ and fail. What is switched here holds at once, for everybody, until this LMS stops.": (
        "Les LMS diffèrent et tombent en panne. Ce qui est réglé ici vaut aussitôt, pour tous, "
        "jusqu’à l’arrêt de ce LMS."
    ),
    "Switches": "Interrupteurs",
    "Numbers": "Nombres",
    "Save": "Enregistrer",
    "A score must be later than the last write by a whole second, else 409 (Moodle)": (
        "Une note doit suivre la dernière écriture d’au moins une seconde, sinon 409 (Moodle)"
    ),
    "Any grading progress but FullyGraded empties the grade (Moodle)": (
        "Tout avancement de notation autre que FullyGraded vide la note (Moodle)"
    ),
    "Token answers are labelled text/html (Moodle)": (
        "Les réponses de jeton sont étiquetées text/html (Moodle)"
    ),
    "The activity is graded: it has its own column, named in the launch": (
        "L’activité est notée : elle a sa propre colonne, citée dans le lancement"
    ),
    "Names are shared with the tool": "Les noms sont communiqués à l’outil",
    "E-mail addresses are shared with the tool": "Les adresses électroniques sont communiquées à l’outil",
    "Roles are sent": "Les rôles sont envoyés",
    "Launches come from outside any course": "Les lancements viennent de hors des cours",
    "Columns are locked: a score is answered with 500": (
        "Les colonnes sont verrouillées : une note reçoit 500"
    ),
    "No token is given": "Aucun jeton n’est donné",
    "The services answer 503": "Les services répondent 503",
    "The services answer with a web page": "Les services répondent par une page web",
    "The key set of the LMS cannot be read": "Les clés du LMS sont illisibles",
    "Life of a token, in seconds": "Durée de vie d’un jeton, en secondes",
    "Seconds the services wait before they answer": "Attente des services avant de répondre, en secondes",
    "Seconds named in Retry-After while the services answer 503 (empty: not named)": (
        "Secondes indiquées dans Retry-After pendant que les services répondent 503 (vide : non indiquées)"
    ),
    # Notices
    "Opening the activity": "Ouverture de l’activité",
    "The activity opens by itself in a moment.": "L’activité s’ouvre d’elle-même dans un instant.",
    "Open the activity": "Ouvrir l’activité",
    "Back in the LMS": "De retour dans le LMS",
    "The tool says:": "L’outil indique :",
    "Back to the course": "Revenir au cours",
    "Back to my courses": "Revenir à mes cours",
    "Invalid request": "Requête non valable",
    "The activity could not be opened. Open it again from the course.": (
        "L’activité n’a pas pu être ouverte. Rouvrez-la depuis le cours."
    ),
    "No activity here": "Pas d’activité ici",
    "This account is not enrolled in such a course.": "Ce compte n’est pas inscrit à un tel cours.",
    "Not enrolled": "Non inscrit",
    "This account is not enrolled in this course. Choose somebody else above.": (
        "Ce compte n’est pas inscrit à ce cours. Choisissez quelqu’un d’autre ci-dessus."
    ),
    "Not found": "Introuvable",
    "There is no such page in this LMS.": "Cette page n’existe pas dans ce LMS.",
    "There is no such account in this LMS.": "Ce compte n’existe pas dans ce LMS.",
    "Not allowed": "Non autorisé",
    "Only a trainer of this course may change grades.": (
        "Seul un formateur de ce cours peut modifier les notes."
    ),
    "Service unavailable": "Service indisponible",
    "The LMS cannot answer at the moment.": "Le LMS ne peut pas répondre pour le moment.",
    "Maintenance": "Maintenance",
    "The LMS is being looked after.": "Le LMS est en maintenance.",
    "Key set unreadable": "Clés illisibles",
    "The public keys of the tool could not be read.": "Les clés publiques de l’outil n’ont pas pu être lues.",
}
