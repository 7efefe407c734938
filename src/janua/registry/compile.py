"""PROVISIONAL, to be replaced by the registry engineer."""
from janua.errors import InvalidSchema, Violation
from janua.model.collection import *
from janua.model.types import *
from janua.registry.document import fingerprint
import jsonschema_rs

def describe(collection):
    return [{"pointer": "/" + "/".join(p), "graphql": f.graphql, "rest": f.rest, "type": type(f.type).__name__, "indexed": any(k.path == p for i in collection.indexes for k in i.keys)} for p, f in collection.walk()]

def compile_collection(name, document, *, version, previous=None, taken=(), references=None, cost=100000):
    try:
        jsonschema_rs.meta.validate(document)
    except Exception as e:
        raise InvalidSchema([Violation("", "schema", str(e)[:200])], name)
    objects, indexes, relations = {}, [], []
    def typ(s, path, tname):
        if not isinstance(s, dict): return Anything()
        t = s.get("type"); t = [x for x in t if x != "null"] if isinstance(t, list) else [t]
        t = t[0] if len(t) == 1 else None
        if "enum" in s and all(isinstance(x, str) for x in s["enum"]): return Enum(tname, tuple(EnumValue(x, x) for x in s["enum"]))
        if t == "object" and s.get("properties"):
            req = s.get("required", [])
            objects[tname] = ObjectType(tname, tuple(Field(k, k, k, typ(v, (*path, k), tname + k.title()), k in req, True, isinstance(v, dict) and v.get("description") or None) for k, v in s["properties"].items()))
            for k, v in s["properties"].items():
                if not isinstance(v, dict): continue
                p = (*path, k)
                x = v.get("x-index")
                if x: indexes.append(Index("btree" if x is True else x, (IndexKey(p),)))
                if v.get("x-unique"): indexes.append(Index("btree", (IndexKey(p),), True))
                r = v.get("x-relation")
                if r: relations.append(Relation(p, r.get("field", k.removesuffix("_id")), r["collection"], v.get("type") == "array", r.get("on_delete", "restrict"), "_".join(p), r.get("inverse")))
            return Object(tname)
        if t == "array" and "items" in s: return Array(typ(s["items"], (*path, "*"), tname + "Item"))
        if t == "string": return {"date": Date(), "date-time": DateTime(), "time": Time(), "uuid": Uuid()}.get(s.get("format"), Text(s.get("maxLength")))
        return {"integer": Integer(s.get("minimum") if isinstance(s.get("minimum"), int) else None, s.get("maximum") if isinstance(s.get("maximum"), int) else None), "number": Number(), "boolean": Boolean()}.get(t, Anything())
    title = document.get("title", name.title()) if isinstance(document, dict) else name.title()
    root = typ(document, (), title)
    for x in (document.get("x-indexes", []) if isinstance(document, dict) else []):
        indexes.append(Index("btree", tuple(IndexKey(tuple(f.lstrip("-").split(".")), f.startswith("-")) for f in x["fields"]), x.get("unique", False), x.get("where")))
    return Collection(name, version, fingerprint(document), document, root, objects, Names(title, title[0].lower() + title[1:], name), tuple(indexes), tuple(relations), {}, {}, title, document.get("description") if isinstance(document, dict) else None)
