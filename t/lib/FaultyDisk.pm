# A disk under an nginx of the test's own (OwnNginx) that is slow or fails.
#
#     my $disk = FaultyDisk->new;                     before OwnNginx->start
#     $disk->set(sync_ms => 300);                     sync_errno, write_errno
#     $disk->syncs;                                   how many there were

package FaultyDisk;

use strict;
use warnings;

my @fields = qw(sync_ms sync_errno write_errno syncs);


sub new {
    my ($class) = @_;
    my $folder = $ENV{TEST_NGINX_FOLDER};
    my $self = bless { owner => $$, file => "$folder/disk.$$",
                       library => "$folder/disk.$$.so" }, $class;

    system('gcc', '-O2', '-shared', '-fPIC', '-o', $self->{library},
           't/tools/faulty_disk.c', '-ldl') == 0
        or die 'faulty_disk.c cannot be built';

    $self->write((0) x @fields);
    $ENV{FAULTY_DISK} = $self->{file};
    $ENV{JUPREF_PRELOAD} = $self->{library};

    return $self;
}


sub write {
    my ($self, @numbers) = @_;

    # in place: it is mapped by those who obey it

    open my $out, (-e $self->{file} ? '+<' : '>'), $self->{file}
        or die "$self->{file}: $!";
    syswrite $out, pack 'l4', @numbers;
}


sub read {
    my ($self) = @_;

    open my $in, '<', $self->{file} or die "$self->{file}: $!";
    sysread $in, my $bytes, 16;
    return unpack 'l4', $bytes;
}


sub set {
    my ($self, %wanted) = @_;
    my %now;

    @now{@fields} = $self->read;
    $self->write(map { $wanted{$_} // 0 } @fields[0 .. 2]);
    open my $out, '+<', $self->{file} or die "$self->{file}: $!";
    sysseek $out, 12, 0;
    syswrite $out, pack 'l', $now{syncs};
}


sub syncs {
    my ($self) = @_;

    return ($self->read)[3];
}


sub DESTROY {
    my ($self) = @_;

    unlink $self->{file}, $self->{library} if $self->{owner} == $$;
}


1;
