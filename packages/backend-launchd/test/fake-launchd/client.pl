# The same as client.js for a call of launchctl: `client.pl SOCKET ARGUMENTS…`. A test runs thousands of them, and perl
# starts in a seventh of the time that Node takes.
use strict;
use warnings;
use Cwd ();
use Socket;

my ($path, @arguments) = @ARGV;

sub quote {
  my ($text) = @_;
  $text =~ s/(["\\])/\\$1/g;
  $text =~ s/([\x00-\x1f])/sprintf('\\u%04x', ord $1)/ge;
  return "\"$text\"";
}

sub give_up {
  print STDERR "Could not connect to launchd: $_[0]\n";
  exit 1;
}

socket(my $launchd, PF_UNIX, SOCK_STREAM, 0) or give_up($!);
connect($launchd, pack_sockaddr_un($path)) or give_up($!);
my $argv = join ',', map { quote($_) } @arguments;
my $terminal = -t STDOUT ? 'true' : 'false';
my $question = sprintf '{"kind":"launchctl","plain":true,"argv":[%s],"cwd":%s,"isTerminal":%s}' . "\n",
  $argv, quote(Cwd::getcwd() // '/'), $terminal;
syswrite $launchd, $question;
my $answer = '';
while (sysread $launchd, my $part, 65536) { $answer .= $part }
my ($code, $bytes, $text) = $answer =~ /\A(\d+) (\d+)\n(.*)\z/s or give_up('closed without an answer');
print STDOUT substr $text, 0, $bytes;
print STDERR substr $text, $bytes;
exit $code;
