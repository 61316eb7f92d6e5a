"""What the tarball is made of, as SPDX 2.3 in JSON: sbom.py FOLDER VERSION EPOCH

A package for the program, one for each Debian package whose libraries lie beside it or whose headers are compiled in,
and each file with its digest.
"""
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys

folder, version, epoch = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
LINKED = 'share/doc/tracerec/licences'


def debian(package, field):
    shown = subprocess.run(['dpkg-query', '--show', f'--showformat=${{{field}}}\n', package], check=True,
                           capture_output=True, text=True)
    return shown.stdout.splitlines()[0]


def digest(path, algorithm):
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def identifier(kind, name):
    return f'SPDXRef-{kind}-' + ''.join(c if c.isalnum() or c in '.-' else '-' for c in name)


def package_of(name):
    package_version = debian(name, 'Version')
    source, architecture = debian(name, 'source:Package'), debian(name, 'Architecture')
    return {
        'name': name,
        'SPDXID': identifier('Package', name),
        'versionInfo': package_version,
        'supplier': f'Organization: Debian ({source})',
        'downloadLocation': 'NOASSERTION',
        'filesAnalyzed': False,
        'licenseConcluded': 'NOASSERTION',
        'licenseDeclared': 'NOASSERTION',
        'copyrightText': 'NOASSERTION',
        'comment': f'licence: {LINKED}/{name}',
        'externalRefs': [{
            'referenceCategory': 'PACKAGE-MANAGER',
            'referenceType': 'purl',
            'referenceLocator': f'pkg:deb/debian/{name}@{package_version}?arch={architecture}',
        }],
    }


files = [{
    'fileName': f'./{path.relative_to(folder)}',
    'SPDXID': identifier('File', str(path.relative_to(folder))),
    'checksums': [{'algorithm': 'SHA1', 'checksumValue': digest(path, 'sha1')},
                  {'algorithm': 'SHA256', 'checksumValue': digest(path, 'sha256')}],
    'licenseConcluded': 'NOASSERTION',
    'copyrightText': 'NOASSERTION',
} for path in sorted(folder.rglob('*')) if path.is_file() and path.name != 'sbom.spdx.json']
verification = hashlib.sha1(''.join(sorted(file['checksums'][0]['checksumValue'] for file in files)).encode()).hexdigest()
parts = [package_of(path.name) for path in sorted((folder / LINKED).iterdir())]
program = {
    'name': 'tracerec',
    'SPDXID': 'SPDXRef-Package-tracerec',
    'versionInfo': version,
    'downloadLocation': 'NOASSERTION',
    'filesAnalyzed': True,
    'packageVerificationCode': {'packageVerificationCodeValue': verification,
                                'packageVerificationCodeExcludedFiles': ['./share/doc/tracerec/sbom.spdx.json']},
    'licenseConcluded': 'NOASSERTION',
    'licenseDeclared': 'NOASSERTION',
    'copyrightText': 'NOASSERTION',
}
relationships = [('SPDXRef-DOCUMENT', 'DESCRIBES', program['SPDXID'])]
relationships += [(program['SPDXID'], 'STATIC_LINK' if part['name'].endswith('-dev') else 'DYNAMIC_LINK', part['SPDXID'])
                  for part in parts]
relationships += [(program['SPDXID'], 'CONTAINS', file['SPDXID']) for file in files]
name = f'tracerec-{version}'
json.dump({
    'spdxVersion': 'SPDX-2.3',
    'dataLicense': 'CC0-1.0',
    'SPDXID': 'SPDXRef-DOCUMENT',
    'name': name,
    'documentNamespace': f'https://tracerec.example.org/spdx/{name}-{verification}',
    'creationInfo': {
        'created': datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'),
        'creators': ['Tool: tracerec packaging/sbom.py'],
    },
    'packages': [program, *parts],
    'files': files,
    'relationships': [{'spdxElementId': one, 'relationshipType': kind, 'relatedSpdxElement': other}
                      for one, kind, other in relationships],
}, sys.stdout, indent=1)
print()
