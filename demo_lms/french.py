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
    "Tools": "Outils",
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
        "Choisissez une personne ci-dessus, ouvrez un cours : la communauté est une activité du cours."
    ),
    "Courses": "Cours",
    "This account is not enrolled here.": "Ce compte n’est pas inscrit ici.",
    "You are here as: %(part)s": "Vous y êtes en tant que : %(part)s",
    "Who is who": "Qui est qui",
    "Name": "Nom",
    "not enrolled": "non inscrit",
    "Known to the tool as": "Connu de l’outil comme",
    # Course
    "Sections of the course": "Sections du cours",
    "Community (external tool)": "Communauté (outil externe)",
    "Gradebook": "Carnet de notes",
    "Community": "Communauté",
    "Tool to open": "Outil à ouvrir",
    "%(name)s, deployment %(number)s": "%(name)s, déploiement %(number)s",
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
        "Aucune colonne pour l’instant : l’outil en crée une quand la notation est activée, "
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
    "Grade (empty takes it away)": "Note (vide : la retirer)",
    "Save the grade": "Enregistrer la note",
    "On the activity’s own column a grade typed here stays, whatever the tool sends later.": (
        "Dans la colonne propre à l’activité, une note saisie ici reste, quoi que l’outil envoie ensuite."
    ),
    "The grade was not saved: choose a learner and a column and type a number from 0 upwards.": (
        "La note n’a pas été enregistrée : choisissez un apprenant et une colonne, "
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
    "roster read": "liste des membres lue",
    "groups read": "groupes lus",
    "notice handler set": "adresse pour les avis reçue",
    "course copied": "cours copié",
    "registration begun": "enregistrement commencé",
    "configuration read": "configuration lue",
    "tool registered": "outil enregistré",
    "tool updated": "outil mis à jour",
    "registration read": "enregistrement lu",
    "registration refused": "enregistrement refusé",
    "tool activated": "outil activé",
    "service refused": "appel refusé",
    "fault switched on": "panne simulée",
    "person changed": "changement de personne",
    "grade set by hand": "note saisie à la main",
    "quirks changed": "comportement modifié",
    # Copies and notices
    "A copy of this course": "Une copie de ce cours",
    "Copy this course": "Copier ce cours",
    "Its trainers come along, nobody else. A tool that asked for notices is told.": (
        "Ses formateurs en sont, personne d’autre. Un outil qui a demandé des avis en est informé."
    ),
    "Only a trainer of this course may copy it.": "Seul un formateur de ce cours peut le copier.",
    "Notices to tools": "Avis aux outils",
    "Launches name the service for notices (Canvas)": "Les lancements nomment le service d’avis (Canvas)",
    "Every notice is sent twice": "Chaque avis est envoyé deux fois",
    # Content that is chosen in a tool
    "Add content": "Ajouter un contenu",
    "Close without adding anything": "Fermer sans rien ajouter",
    "Choose content of %(name)s": "Choisir un contenu de %(name)s",
    (
        "This frame receives a real deep linking request. "
        "What is chosen in it is checked, and becomes an activity of the course."
    ): (
        "Ce cadre reçoit une vraie demande de deep linking. Ce qui y est choisi est vérifié, "
        "puis devient une activité du cours."
    ),
    "Only a trainer of this course may add content.": (
        "Seul un formateur de ce cours peut ajouter un contenu."
    ),
    "No active tool of this LMS offers content to choose from.": (
        "Aucun outil actif de ce LMS ne propose de contenu à choisir."
    ),
    "Content was added": "Le contenu a été ajouté",
    "Nothing was added": "Rien n’a été ajouté",
    "What the tool gave could not be taken. Nothing was added.": (
        "Ce que l’outil a donné n’a pas pu être repris. Rien n’a été ajouté."
    ),
    "Work": "Travail",
    "Work of %(name)s, %(column)s": "Travail de %(name)s, %(column)s",
    "choice of content begun": "choix de contenu commencé",
    "content chosen": "contenu choisi",
    "content refused": "contenu refusé",
    "Choosing content": "Choix d’un contenu",
    "Several activities may be chosen at once": "Plusieurs activités peuvent être choisies à la fois",
    "That is said as a text instead of true or false": "C’est dit par un texte au lieu de vrai ou faux",
    "A chosen activity may come with a column": "Une activité choisie peut venir avec une colonne",
    "Whether it may is said (Canvas)": "Si elle le peut est dit (Canvas)",
    "The request carries data that has to come back (Canvas)": (
        "La demande porte des données qui doivent revenir (Canvas)"
    ),
    "Kinds of content that are asked for, such as ltiResourceLink link file": (
        "Sortes de contenu demandées, par exemple ltiResourceLink link file"
    ),
    # Behaviour
    "How this LMS behaves": "Comment ce LMS se comporte",
    "LMSs differ and fail. What is switched here holds at once, for everybody, until this LMS stops.": (
        "Les LMS diffèrent et tombent en panne. Ce qui est réglé ici vaut aussitôt, pour tous, "
        "jusqu’à l’arrêt de ce LMS."
    ),
    "Launches and grades": "Lancements et notes",
    "Member list": "Liste des membres",
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
        "L’activité est notée : elle a sa propre colonne, citée dans le lancement"
    ),
    "Names are shared with the tool": "Les noms sont communiqués à l’outil",
    "E-mail addresses are shared with the tool": "Les adresses électroniques sont communiquées à l’outil",
    "Roles are sent": "Les rôles sont envoyés",
    "Launches come from outside any course": "Les lancements viennent de hors des cours",
    "Columns are locked: a score is answered with 500": (
        "Les colonnes sont verrouillées : une note reçoit 500"
    ),
    "A column that is made or changed is answered without a body": (
        "Une colonne créée ou modifiée reçoit une réponse sans contenu"
    ),
    "Every answer of the services is labelled text/html": (
        "Toute réponse des services est étiquetée text/html"
    ),
    "Status that changing a column is refused with (empty: not refused)": (
        "Code par lequel la modification d’une colonne est refusée (vide : non refusée)"
    ),
    "Status that deleting a column is refused with (empty: not refused)": (
        "Code par lequel la suppression d’une colonne est refusée (vide : non refusée)"
    ),
    "The member list of so large a course is refused (Open edX)": (
        "La liste des membres d’un cours si grand est refusée (Open edX)"
    ),
    "Member lists name an address for later changes": (
        "Les listes de membres citent une adresse pour les changements ultérieurs"
    ),
    "No token is given": "Aucun jeton n’est donné",
    "The services answer 503": "Les services répondent 503",
    "The services answer with a web page": "Les services répondent par une page web",
    "The key set of the LMS cannot be read": "Les clés du LMS sont illisibles",
    "The member list of a large course is refused (Open edX)": (
        "La liste des membres d’un grand cours est refusée (Open edX)"
    ),
    "What the key set is instead: empty, short, page or elsewhere (empty: as usual)": (
        "Ce que sont les clés à la place : empty, short, page ou elsewhere (vide : comme d’habitude)"
    ),
    "The only audience of a token request that is accepted (empty: as usual)": (
        "Seule audience acceptée dans une demande de jeton (vide : comme d’habitude)"
    ),
    "Scopes that no launch names and no token has, such as lineitem score": (
        "Portées qu’aucun lancement ne nomme et qu’aucun jeton n’a, comme lineitem score"
    ),
    "Scopes that launches name and no token has, such as score": (
        "Portées que les lancements nomment et qu’aucun jeton n’a, comme score"
    ),
    "Life of a token, in seconds": "Durée de vie d’un jeton, en secondes",
    "Seconds the services wait before they answer": "Attente des services avant de répondre, en secondes",
    "Seconds named in Retry-After while the services answer 503 (empty: not named)": (
        "Secondes indiquées dans Retry-After pendant que les services répondent 503 (vide : non indiquées)"
    ),
    "What the next calls of the gradebook meet, one each, such as fine error lost hang": (
        "Ce que rencontrent les prochains appels au carnet de notes, un chacun, "
        "par exemple fine error lost hang"
    ),
    "Registration of tools": "Enregistrement des outils",
    "The configuration is told only to whoever shows the token (Canvas)": (
        "La configuration n’est donnée qu’à qui montre le jeton (Canvas)"
    ),
    "A registration is told its deployment (Moodle)": ("Un enregistrement apprend son déploiement (Moodle)"),
    "Word that every registration is refused with (empty: not refused)": (
        "Mot par lequel tout enregistrement est refusé (vide : pas de refus)"
    ),
    "What every registration is answered with instead (empty: as usual)": (
        "Réponse donnée à la place à tout enregistrement (vide : comme d’habitude)"
    ),
    "Groups of a course": "Groupes d’un cours",
    "Launches name the service for groups": "Les lancements citent le service des groupes",
    "The member list says the groups of each member when it is asked to": (
        "La liste des membres donne les groupes de chacun quand on le lui demande"
    ),
    "The next page of the member list forgets the question for groups": (
        "La page suivante de la liste des membres oublie la question sur les groupes"
    ),
    "The member list is refused when it is asked for groups": (
        "La liste des membres est refusée quand on lui demande les groupes"
    ),
    "Groups name their set as before the final version of the service": (
        "Les groupes citent leur ensemble comme avant la version finale du service"
    ),
    "Groups on a page at most (empty: no limit)": "Groupes par page au plus (vide : sans limite)",
    "Page of groups that is answered with 503 (empty: none)": (
        "Page des groupes à laquelle répond une erreur 503 (vide : aucune)"
    ),
    "What every question for groups is answered with instead (empty: as usual)": (
        "Ce que reçoit toute demande de groupes à la place (vide : comme d’habitude)"
    ),
    "Launches name the member list": "Les lancements citent la liste des membres",
    "Roles are short names in the member list (Moodle)": (
        "Les rôles sont des noms courts dans la liste des membres (Moodle)"
    ),
    "Tutors are listed as learners (Moodle)": "Les tuteurs sont listés comme apprenants (Moodle)",
    "The next page forgets the filter by role (Moodle)": (
        "La page suivante oublie le filtre par rôle (Moodle)"
    ),
    "A full last page names no next page (Moodle)": (
        "Une dernière page pleine n’annonce pas de page suivante (Moodle)"
    ),
    "The next page is named with typographic quotes": (
        "La page suivante est annoncée entre guillemets typographiques"
    ),
    "The next page is named by a bookmark whose capitals matter (Canvas)": (
        "La page suivante est annoncée par un signet dont la casse compte (Canvas)"
    ),
    "Later pages name the first page as the next one": (
        "Les pages suivantes annoncent la première comme page suivante"
    ),
    "No page names a next page": "Aucune page n’annonce de page suivante",
    "The test user is listed": "L’utilisateur de test est listé",
    "Members on a page of the list at most (empty: no limit)": (
        "Membres par page de la liste au maximum (vide : sans limite)"
    ),
    "Page of the member list that is answered with 503 (empty: none)": (
        "Page de la liste des membres qui reçoit 503 (vide : aucune)"
    ),
    "Status that refuses the member list, 401 or 403 (empty: not refused)": (
        "Statut qui refuse la liste des membres, 401 ou 403 (vide : pas de refus)"
    ),
    "Members listed with another status, such as u-ines=Inactive u-awa=Deleted": (
        "Membres listés avec un autre statut, par exemple u-ines=Inactive u-awa=Deleted"
    ),
    # Tools
    "Tools of this LMS": "Outils de ce LMS",
    "An active tool can be opened in the courses. One that registered itself waits for its activation.": (
        "Un outil actif s’ouvre dans les cours. Un outil qui s’est enregistré lui-même reste en attente "
        "jusqu’à son activation."
    ),
    "This is not a registration address: it begins with https:// or http://.": (
        "Ce n’est pas une adresse d’enregistrement : elle commence par https:// ou http://."
    ),
    "A tool of this address is known already. Register it anew, or update what is known?": (
        "Un outil de cette adresse est déjà connu. L’enregistrer à nouveau, "
        "ou mettre à jour ce qui est connu ?"
    ),
    "Registration address": "Adresse d’enregistrement",
    "Update %(name)s": "Mettre à jour %(name)s",
    "Register as a new tool": "Enregistrer comme nouvel outil",
    "Connect a tool": "Connecter un outil",
    "Active": "Actif",
    "Pending": "En attente",
    "Activate": "Activer",
    "Client ID": "Identifiant client",
    "Deployment ID": "Identifiant de déploiement",
    "Opened at": "Ouvert à l’adresse",
    "Keys of the tool": "Clés de l’outil",
    "Shared with the tool": "Communiqué à l’outil",
    "names and e-mail addresses": "noms et adresses électroniques",
    "names": "noms",
    "e-mail addresses": "adresses électroniques",
    "neither names nor e-mail addresses": "ni noms ni adresses électroniques",
    "Addresses of this LMS, for a tool connected by hand": (
        "Adresses de ce LMS, pour un outil connecté à la main"
    ),
    "Platform ID (issuer)": "Identifiant de la plateforme (émetteur)",
    "Authentication": "Authentification",
    "Tokens": "Jetons",
    "Keys of this LMS": "Clés de ce LMS",
    "Configuration": "Configuration",
    "Finish the registration on the page of the tool below. Then the tools are shown.": (
        "Terminez l’enregistrement sur la page de l’outil ci-dessous. Les outils s’affichent ensuite."
    ),
    "Done, show the tools": "Terminé, afficher les outils",
    "Page of the tool": "Page de l’outil",
    # Notices
    "Opening the activity": "Ouverture de l’activité",
    "The activity opens by itself in a moment.": "L’activité s’ouvre d’elle-même dans un instant.",
    "Open the activity": "Ouvrir l’activité",
    "Back in the LMS": "De retour dans le LMS",
    "The tool says:": "L’outil indique :",
    "Back to the course": "Revenir au cours",
    "Back to my courses": "Revenir à mes cours",
    "Invalid request": "Requête non valable",
    "The activity could not be opened. Open it again from the course.": (
        "L’activité n’a pas pu être ouverte. Rouvrez-la depuis le cours."
    ),
    "No activity here": "Pas d’activité ici",
    "The tool of this activity is not active in this LMS.": (
        "L’outil de cette activité n’est pas actif dans ce LMS."
    ),
    "This account is not enrolled in such a course.": "Ce compte n’est pas inscrit à un tel cours.",
    "Not enrolled": "Non inscrit",
    "This account is not enrolled in this course. Choose somebody else above.": (
        "Ce compte n’est pas inscrit à ce cours. Choisissez quelqu’un d’autre ci-dessus."
    ),
    "Not found": "Introuvable",
    "There is no such page in this LMS.": "Cette page n’existe pas dans ce LMS.",
    "There is no such tool in this LMS.": "Cet outil n’existe pas dans ce LMS.",
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
