"""Whether a file is HAR 1.2, by the schemas of npm's har-schema: valid_har.py FOLDER FILE"""
import json
import pathlib
import sys
import warnings

warnings.filterwarnings('ignore', category=DeprecationWarning)
import jsonschema

folder, har = sys.argv[1:]
schemas = [json.loads(path.read_text()) for path in pathlib.Path(folder).glob('*.json')]
store = {schema['$id'].rstrip('#'): schema for schema in schemas}
whole = store['har.json']
resolver = jsonschema.RefResolver(base_uri='har.json', referrer=whole, store=store)
checker = jsonschema.Draft6Validator(whole, resolver=resolver, format_checker=jsonschema.FormatChecker())
errors = list(checker.iter_errors(json.load(open(har, encoding='utf-8'))))
for error in errors[:10]:
    print('/'.join(map(str, error.absolute_path)), error.message[:200])
sys.exit(1 if errors else 0)
