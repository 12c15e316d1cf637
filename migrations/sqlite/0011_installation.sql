-- From here on a new file has a name in settings, 'installation', which is part of the key of every
-- effect. There is nothing to change: a file with workflows stays without. A program that does not know
-- the name would send other keys for what is under way, and must not open such a file.
SELECT 1;
