"""Objective-C as `llvm-objdump --macho --objc-meta-data` prints it, and as strata shows it, in one form: sets of
"class Foo | -bar: | types". Categories are told without their class, and protocols only as what others adopt, because
objdump says no more."""
import re

FIELD = re.compile(r"^\s*(?P<key>\S+) +0x\S*(?: \(0x[^)]*\))?(?: (?P<value>.*))?$")
PROPERTIES = ("baseProperties", "instanceProperties")
CLASS_SYMBOL = "_OBJC_CLASS_$_"
RELATIVE_METHODS = re.compile(r"^\s*entsize 2147483660$")  # the flag of relative lists, which LLVM 14 does not know
UNREAD = "methods that LLVM does not read"


class Dump:
    def __init__(self, lines):
        self.facts = set()
        self.in_classes = self.in_categories = False
        self.start_entry()
        for line in lines:
            if line.startswith("Contents of "):
                self.in_classes = "__objc_classlist)" in line
                self.in_categories = "__objc_catlist)" in line
            elif line.startswith("0"):
                self.start_entry()
            elif line.startswith("Meta Class"):
                self.sign, self.part = "+", ""
            elif RELATIVE_METHODS.match(line) and self.part == "methods":
                self.part = ""
                self.add(self.sign + UNREAD, "")
            elif self.in_classes or self.in_categories:
                match = FIELD.match(line)
                if match:
                    self.field(match["key"], match["value"] or "")

    def start_entry(self):
        self.owner = self.name = self.superclass = self.part = ""
        self.sign = "-"
        self.after_isa = False

    def field(self, key, value):
        was_isa, self.after_isa = self.after_isa, key == "isa"
        category = self.in_categories
        if key == "superclass" and self.sign == "-":
            self.superclass = value
        if key == "baseMethods" or (category and key == "instanceMethods" and self.part != "protocols"):
            self.part = "methods"
        if key == "classMethods" and self.part != "protocols":
            self.sign = "+"
        if key == "baseProtocols" or (category and key == "protocols"):
            self.part = "protocols"
        if key == "ivars":
            self.part = "ivars"
        if key == "weakIvarLayout":
            self.part = ""
        if key == PROPERTIES[0] or (category and key == PROPERTIES[1] and self.part != "protocols"):
            self.part = "properties"
        if key == "name":
            self.named(value, was_isa)
        if key == "types" and self.part == "methods":
            self.add(self.sign + self.name, value)
        if key == "type" and self.part == "ivars":
            self.add("ivar " + self.name, value)
        if key == "attributes" and self.part == "properties":
            self.add(("class property " if self.sign == "+" else "property ") + self.name, value)

    def named(self, value, was_isa):
        self.name = value
        if self.part == "protocols" and was_isa and (self.in_categories or self.sign == "-"):
            self.add("protocol " + value, "")
        if self.part or self.owner:
            return
        self.owner = ("category " if self.in_categories else "class ") + value
        if self.in_categories:
            self.add("", "")
        elif self.superclass.startswith(CLASS_SYMBOL):
            self.add("", self.superclass[len(CLASS_SYMBOL):])

    def add(self, fact, value):
        self.facts.add(f"{self.owner} | {fact} | {value}")


def dumped(lines):
    return Dump(lines).facts


def shown(facts, witness, raw):
    """strata's facts in that form. Without a symbol objdump does not say the superclass of a class."""
    with_superclass = {fact.split(" | ")[0] for fact in witness if " |  | " in fact}
    lines = {fact for fact in witness if UNREAD in fact}
    for fact in facts:
        owner = fact["owner"]
        if owner.startswith("protocol "):
            continue
        if owner.startswith("category "):
            owner = "category " + owner[owner.index("(") + 1:-1]
        if owner.startswith("class ") and not fact.get("name") and owner not in with_superclass:
            continue
        if f"{owner} | {fact.get('name', '')[:1]}{UNREAD} | " in lines:
            continue
        lines.add(raw(f"{owner} | {fact.get('name', '')} | {fact.get('value', '')}"))
    return lines
