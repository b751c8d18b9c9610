"""Recompute scores that were sent or shown as final from evidence alone: python recompute.py evidence.json

A second writing of the rules, to check the first: only Python (3.11 or later) is used. One line for each:
whose, when, what was sent or final, what comes out here, and OK or DIFFERENT with what differs. Ends with
1 when anything does, with 2 when the file is unreadable."""

import hashlib
import json
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

RECEIVED = {"accepted", "recognition", "distinction"}
# What holds where a stored policy says nothing.
DEADLINES = {"late_days": 7, "reply_hours": 48}
RECOGNITIONS = {"per_giver": 1, "per_pair": 2, "return_hours": 24, "returned_share": "1/2"}
TARGETS = {"helped_members": 4, "active_points": "10", "active_share": "3/4"}


def moment(text):
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def utc(text):
    return None if text is None else moment(text).isoformat()


def canonical(fact):
    """The text that stands for a fact in the digest."""
    praise = fact["praise"]
    told = [fact["id"], fact["act"], fact["subject"], fact["kind"], utc(fact["at"]), fact["words"]]
    told += [fact["copied"], fact["answers_self"], fact["helped"], fact["quality"], fact["lateness"]]
    praise = praise and [praise["giver"], praise["about"], praise["by_staff"], utc(praise["returns"])]
    later = {name: fact[name] for name in ("prompt", "deadline", "period", "rubric")}
    later |= {"deadline": utc(fact["deadline"]), "praise": praise}
    later = {name: value for name, value in later.items() if value is not None}
    return json.dumps([*told, later] if later else told, separators=(",", ":"))


def known_at(facts, as_of):
    """The facts of that moment, each once, in the order in which they happened."""
    distinct = {canonical(fact): fact for fact in facts if moment(fact["at"]) <= as_of}
    return sorted(distinct.values(), key=lambda fact: (moment(fact["at"]), fact["id"], canonical(fact)))


def about_prompt(facts, prompt):
    """What a prompt's column looks at: its deadline, and what answers it. Other columns look at all."""
    if prompt is None:
        return facts
    subjects = {fact["subject"] for fact in facts if fact["prompt"] == prompt}
    subjects |= {fact["subject"] for fact in facts if fact["act"] == "scheduled"} & {prompt}
    return [fact for fact in facts if fact["subject"] in subjects]


def narrowed(settings, column):
    """The policy as a column of this kind reads it."""
    if column["kind"] == "assessment":
        return settings | {"weights": {"assessment": 100}, "milestones": []}
    if column["kind"] == "prompt":
        base = {kind: Fraction(rule["base"]) for kind, rule in settings["rules"].items()}
        goal = base.get("question", 0) + 2 * base.get("answer", 0) or settings["goal_per_period"]
        settings = settings | {"goal_per_period": goal, "buffer": 1, "milestones": []}
        return settings | {"weights": {"activity": 100}}
    return settings


def items_of(facts):
    """Contributions as the facts leave them: the date of the first writing, the measures of the last edit."""
    items = {}
    for fact in facts:
        subject, act = fact["subject"], fact["act"]
        item = items.get(subject)
        if fact["kind"] is None:
            continue
        if item is None and act == "written":
            copied = fact["copied"] and Fraction(fact["copied"])
            items[subject] = fact | {"copied": copied, "quality": 1, "removed": False}
        elif item is not None and act == "edited":
            item["words"] = item["words"] if fact["words"] is None else fact["words"]
            item["copied"] = item["copied"] if fact["copied"] is None else Fraction(fact["copied"])
        elif item is not None and act in ("hidden", "deleted", "restored"):
            item["removed"] = act != "restored"
        elif item is not None and act == "marked" and item["kind"] not in RECEIVED:
            item["quality"] = Fraction(fact["quality"] or 1)
    gone = {subject for subject, item in items.items() if item["removed"]}
    for item in items.values():
        item["at"] = moment(item["at"])
        item["removed"] = item["removed"] or bool(item["praise"] and item["praise"]["about"] in gone)
    return list(items.values())


def decided_by(facts):
    """The deadlines, excused weeks and assessment in force: of each the last one stands."""
    deadlines, excused, rubric = {}, {}, None
    for fact in facts:
        if fact["act"] == "scheduled":
            deadlines[fact["subject"]] = moment(fact["deadline"])
        elif fact["act"] in ("excused", "expected"):
            excused[fact["period"]] = fact["act"] == "excused"
        elif fact["act"] == "rubric":
            rubric = fact["rubric"] and Fraction(fact["rubric"])
    return deadlines, {period for period, yes in excused.items() if yes}, rubric


def weigh_alone(item, settings, periods, excused):
    """Points before deadlines and limits; `stands` when no rule lets it count for nothing."""
    rule = settings["rules"].get(item["kind"])
    minimum = rule and rule["min_words"]
    copied = item["copied"] is not None and item["copied"] >= Fraction(settings["copy_threshold"])
    short = minimum is not None and (item["words"] or 0) < minimum
    fine = rule and not (item["removed"] or item["answers_self"] or short or copied)
    full = rule and Fraction(rule["base"]) * item["quality"] * Fraction(item["lateness"])
    item["value"] = full if fine else Fraction(0)
    item["stands"] = bool(fine) and item["quality"] != 0
    item["period"] = next((n for n, (begin, end) in periods.items() if begin <= item["at"] < end), None)
    if item["value"] and (item["period"] is None or item["period"] in excused):
        item["value"], item["stands"] = Fraction(0), False


def apply_deadlines(items, settings, deadlines):
    """Late: less day by day; a reply in its window: no more than was earned on the prompt in time."""
    rule = DEADLINES | settings.get("deadlines", {})
    earned, late = defaultdict(Fraction), []
    for item in items:
        deadline = deadlines.get(item["prompt"])
        if deadline is None or item["at"] <= deadline:
            earned[item["prompt"]] += item["value"]
        elif item["value"]:
            late.append((item, item["at"] - deadline))
    for item, delay in late:
        days = Fraction(delay // timedelta(microseconds=1), 86_400_000_000)
        if item["kind"] == "answer" and days * 24 <= rule["reply_hours"]:
            item["value"] = min(item["value"], earned[item["prompt"]])
            earned[item["prompt"]] -= item["value"]
        else:
            item["value"] *= max(Fraction(0), 1 - days / rule["late_days"]) if rule["late_days"] else 0


def apply_recognition_limits(items, settings):
    """Between two people: one for a contribution, so many in a week and in all, half when it returns one."""
    rule = RECOGNITIONS | settings.get("recognitions", {})
    taken, in_period, of_giver = set(), Counter(), Counter()
    for item in items:
        praise = item["praise"]
        if item["kind"] != "recognition" or not item["value"] or not praise:
            continue
        giver, about, returns = praise["giver"], praise["about"], moment(praise["returns"])
        often = in_period[giver, item["period"]] >= rule["per_giver"] or of_giver[giver] >= rule["per_pair"]
        if praise["by_staff"] or often or (giver, about) in taken:
            item["value"] = Fraction(0)
            continue
        taken |= {(giver, about)} if about is not None else set()
        in_period[giver, item["period"]] += 1
        of_giver[giver] += 1
        if returns and item["at"] - returns <= timedelta(hours=rule["return_hours"]):
            item["value"] *= Fraction(rule["returned_share"])


def most_within_limits(items, settings):
    """The most points that can count with so many of a kind and so many contributions a day."""
    limits = {kind: rule["per_period"] for kind, rule in settings["rules"].items()}
    total = Fraction(0)
    for kind in RECEIVED & set(limits):
        total += sum(sorted((i["value"] for i in items if i["kind"] == kind), reverse=True)[: limits[kind]])
    edges = [(i["kind"], i["day"], i["value"]) for i in items if i["kind"] not in RECEIVED]
    return total + heaviest_flow(edges, limits, settings["daily_limit"])


def heaviest_flow(edges, per_kind, per_day):
    """Send items from kinds to days, each time along the way that brings most, until none brings any."""
    chosen, total = set(), Fraction(0)
    days = {day for _, day, _ in edges}
    while True:
        of_kind = Counter(edges[i][0] for i in chosen)
        of_day = Counter(edges[i][1] for i in chosen)
        gain = {kind: Fraction(0) for kind in per_kind if of_kind[kind] < per_kind[kind]}
        way = dict.fromkeys(gain, ())
        for _ in range(len(per_kind) + len(days)):
            for i, (kind, day, value) in enumerate(edges):
                start, end, more = (day, kind, -value) if i in chosen else (kind, day, value)
                if start in gain and (end not in gain or gain[start] + more > gain[end]):
                    gain[end], way[end] = gain[start] + more, (*way[start], i)
        ends = [day for day in days if day in gain and of_day[day] < per_day]
        best = max(ends, key=gain.get, default=None)
        if best is None or gain[best] <= 0:
            return total
        total += gain[best]
        chosen ^= set(way[best])


def milestones_of(settings, items, closed, excused, over):
    """Points of the milestones reached, and of those reached or due."""
    on_day = Counter()
    for item in items:
        if item["period"] is not None and item["value"]:
            on_day[item["kind"], item["period"], item["subject" if item["kind"] in RECEIVED else "day"]] += 1
    have = asked = Fraction(0)
    for milestone in settings.get("milestones", []):
        by, points = milestone["by_period"], Fraction(milestone["points"])
        counted = sum(
            min(count, settings["daily_limit"])
            for (kind, period, _), count in on_day.items()
            if kind == milestone["kind"] and (by is None or period <= by)
        )
        reached, due = counted >= milestone["count"], over if by is None else by in closed
        have += points * reached
        asked += points * (reached or (due and by not in excused))
    return have, asked


def share_of(facts, settings, periods, total, as_of, zone):
    """The share (0..1) of one member: the weighed mean of the parts that can be measured."""
    deadlines, excused, rubric = decided_by(facts)
    items = items_of(facts)
    for item in items:
        item["day"] = item["at"].astimezone(ZoneInfo(zone)).date()
        weigh_alone(item, settings, periods, excused)
    helped = {i["helped"] for i in items if i["kind"] == "answer" and i["stands"]} - {None}
    apply_deadlines(items, settings, deadlines)
    apply_recognition_limits(items, settings)
    goal, targets = Fraction(settings["goal_per_period"]), TARGETS | settings.get("targets", {})
    cap, kept = goal * Fraction(settings["buffer"]), {}
    for period in periods:
        mine = [item for item in items if item["period"] == period and item["value"]]
        kept[period] = min(cap, most_within_limits(mine, settings))
    closed = {n for n, (_, end) in periods.items() if end <= as_of}
    weeks, over = max(1, len(closed - excused)), len(closed) == total
    active = sum(1 for points in kept.values() if points >= Fraction(targets["active_points"]))
    parts = {
        "activity": (sum(kept.values()), goal * weeks),
        "help": (len(helped), Fraction(targets["helped_members"] * weeks, total)),
        "regularity": (active, Fraction(targets["active_share"]) * weeks),
        "assessment": (0, 0) if rubric is None else (rubric, 1),
        "milestones": milestones_of(settings, items, closed, excused, over),
    }
    weighed = {name: weight for name, weight in settings["weights"].items() if weight and parts[name][1]}
    reached = sum(w * min(Fraction(1), Fraction(parts[n][0]) / parts[n][1]) for n, w in weighed.items())
    return Fraction(reached) / sum(weighed.values()) if weighed else Fraction(0)


def cents(value):
    """Two decimals, halves upwards."""
    hundredths = (200 * value.numerator + value.denominator) // (2 * value.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def check(sent, facts, column, policies):
    """Recompute one frozen statement: what comes out, and what differs."""
    record, as_of = sent["record"], moment(sent["record"]["as_of"])
    known = about_prompt(known_at(facts, as_of), column["prompt"])
    # The weeks as they were laid out when the score was sent; of those to come only the number matters.
    periods = {p["number"]: (moment(p["starts_at"]), moment(p["ends_at"])) for p in record["periods"]}
    settings = narrowed(policies[record["policy_version"]], column)
    share = share_of(known, settings, periods, record["total_periods"], as_of, record["zone"])
    computed = cents(share * Fraction(sent["maximum"]))
    by_hand = sent["decision"] is not None and sent["decision"]["decision"] == "override"
    digest = hashlib.sha256("\n".join(map(canonical, known)).encode()).hexdigest()
    same = {
        "share": share == Fraction(record["share"]),
        "score": Fraction(sent["score"]) == Fraction(sent["decision"]["value"] if by_hand else computed),
        "facts (digest)": digest == sent["digest"] == record["digest"],
    }
    return computed + ", set by hand" * by_hand, [name for name, agrees in same.items() if not agrees]


def differences(evidence):
    """Check all that was sent or final; print a line for each, and return how many differ."""
    if (evidence["format"], evidence["version"]) != ("community-value-evidence", 1):
        raise ValueError("no evidence of a known version")
    policies = {policy["version"]: policy["settings"] for policy in evidence["policies"]}
    columns, different = {column["uuid"]: column for column in evidence["columns"]}, 0
    for member in evidence["members"]:
        facts = member["facts"] + evidence["facts_of_everybody"]
        for sent in member["statements"]:
            column = columns[sent["column"]]
            computed, wrong = check(sent, facts, column, policies)
            different += bool(wrong)
            verdict = f"DIFFERENT: {'; '.join(wrong)}" if wrong else "OK"
            whose = f"{member['number']}\t{member['name'] or ''}\t{column['name']}\t{sent['as_of']}"
            value = f"{'sent' if sent['sent'] else 'final'} {sent['score']} of {sent['maximum']}"
            print(f"{whose}\t{value}\there {computed}\t{verdict}")
    return different


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8-sig") as file:
            return int(differences(json.load(file)) > 0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        print(f"cannot be read: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
